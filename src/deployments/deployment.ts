import type { ArgumentValue, VllmArguments } from '../vllm/arguments';

import type { Repair } from './repairs';

/** UTF-16 offsets into the file's text, end exclusive. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** One argument as written in the file. */
export interface DeploymentArgument {
  /** Canonical kebab-case name after prefixes and `_` are resolved; the written name when unknown. */
  readonly name: string;
  readonly written: string;
  /** What vLLM would see; undefined when it cannot be known (an unresolved substitution). */
  readonly value: ArgumentValue | undefined;
  /** Text of a scalar as written, without quotes; null for lists, mappings and nothing. */
  readonly source: string | null;
  readonly known: boolean;
  /** False when vLLM drops it (false in YAML, overridden by a later duplicate). */
  readonly effective: boolean;
  readonly keyRange: TextRange;
  readonly valueRange: TextRange | null;
  /** Key to end of value. */
  readonly range: TextRange;
}

/** Hints about the GPU found in the file, before the catalogue is asked. */
export interface GpuHint {
  /** Catalogue key or any name (`rtx_3080_20`, "NVIDIA-A100-SXM4-80GB"); null when only the count is given. */
  readonly name: string | null;
  readonly count: number | null;
  readonly totalMemoryGib: number | null;
  readonly source: 'directive' | 'file';
  readonly range: TextRange;
}

/** What is known of the machine that runs vLLM, beside its GPUs. */
export interface Host {
  /** Its memory, GiB; null when unknown. */
  readonly memoryGib: number | null;
  /** Variables that vLLM sees; what is not here is unknown, not unset. */
  readonly environment: ReadonlyMap<string, string>;
}

/** What is wrong with the file itself, before any argument is judged. */
export interface DeploymentProblem {
  /** `syntax`: YAML cannot read it, so neither can vLLM; `directive`: a `# vram:` comment that cannot be used; `swallowed`: a key in a comment; `joined`: a key with its value in it; `empty`: no `key: value` at all. */
  readonly kind: 'syntax' | 'directive' | 'swallowed' | 'joined' | 'empty';
  readonly message: string;
  /** What vLLM says of it, where that is known. */
  readonly vllmMessage?: string;
  readonly range: TextRange;
  /** Arguments whose setting mends it; absent when nothing simple does. */
  readonly edits?: Readonly<Record<string, ArgumentValue>>;
  /** A change to the characters that mends it, where there is one. */
  readonly repair?: Repair;
}

export type ReaderId = 'vllm-yaml' | 'compose' | 'kubernetes' | 'shell' | 'arguments';

/** One vLLM engine that a file configures. */
export interface Deployment {
  readonly reader: ReaderId;
  readonly arguments: readonly DeploymentArgument[];
  /** The effective arguments with known values. */
  readonly args: VllmArguments;
  readonly range: TextRange;
  readonly gpuHints: readonly GpuHint[];
  /** vLLM version named by the file (a directive or an image tag), or null. */
  readonly vllmVersion: string | null;
  /** What the file says of the machine; absent when it says nothing. */
  readonly host?: Host;
  readonly problems: readonly DeploymentProblem[];
}
