import type { VNode } from 'preact';

/** Stands where something is still on its way. */
export function Waiting({ text }: { readonly text: string }): VNode {
  return (
    <p class="quiet" role="status">
      {text}
    </p>
  );
}
