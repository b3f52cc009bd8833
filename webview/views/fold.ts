import type { Planner } from '../planner';

/** Remembers whether a section is open. */
export function fold(planner: Planner, section: string, open: boolean): void {
  const others = planner.state.open.filter((name) => name !== section);
  if (planner.state.open.includes(section) !== open) planner.change({ open: open ? [...others, section] : others });
}
