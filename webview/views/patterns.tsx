import type { VNode } from 'preact';

/** Hatchings, so that the parts of a bar or a stack differ without colour. */
export function Patterns(): VNode {
  return (
    <svg width="0" height="0" class="patterns" aria-hidden="true">
      <defs>
        <Pattern id="weights" path="" />
        <Pattern id="activations" path="M0 8L8 0" />
        <Pattern id="cuda_graphs" path="M0 4H8" />
        <Pattern id="runtime" path="M4 0V8" />
        <Pattern id="kv_cache" path="M0 0L8 8" />
        <Pattern id="outside" path="M4 0V8M0 4H8" />
        <Pattern id="free" path="" />
        <Pattern id="adapter" path="M0 4H8M0 0H8" />
        <Pattern id="gradients" path="M4 0V8M0 4H8" />
        <Pattern id="optimizer" path="M0 0L8 8" />
        <Pattern id="logits" path="M0 0L8 8M0 8L8 0" />
        <Pattern id="communication" path="M2 2H4V4H2Z" />
      </defs>
    </svg>
  );
}

function Pattern({ id, path }: { readonly id: string; readonly path: string }): VNode {
  return (
    <pattern id={`pattern-${id}`} width="8" height="8" patternUnits="userSpaceOnUse">
      <path class="hatch" d={path} />
    </pattern>
  );
}
