import type { VNode } from 'preact';

/** A small square in a series' colour and pattern. */
export function Swatch({ look }: { readonly look: string }): VNode {
  return (
    <svg class="swatch" width="12" height="12" aria-hidden="true">
      <rect width="12" height="12" class={`fill ${look}`} />
      <rect width="12" height="12" fill={`url(#pattern-${look})`} />
    </svg>
  );
}
