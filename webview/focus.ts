/**
 * Draws, and when that took away the element that had the focus, gives the focus to what held it: people who work by keyboard or
 * screen reader then go on where they were instead of at the top of the page.
 */
export function keepingFocus(draw: () => void): void {
  const focused = document.activeElement;
  const holders: HTMLElement[] = [];
  for (let holder = focused?.parentElement; holder && holder !== document.body; holder = holder.parentElement) holders.push(holder);
  draw();
  if (!focused || focused.isConnected || document.activeElement !== document.body) return;
  const left = holders.find((holder) => holder.isConnected);
  if (!left) return;
  if (!left.hasAttribute('tabindex')) left.tabIndex = -1;
  left.focus({ preventScroll: true });
}
