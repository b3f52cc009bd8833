import type { Deployment } from '../deployments/deployment';
import type { GpuSetup } from '../estimator/hardware/gpu';
import type { ModelFacts, ModelProblem } from '../models/source';
import type { Finding } from '../vllm/findings';
import type { StartupReport } from '../vllm/startup/report';

/** A finding placed in the file. */
export interface PlacedFinding extends Finding {
  /** UTF-16 offsets of the key or value to underline. */
  readonly start: number;
  readonly end: number;
}

/** All that is known of one deployment: what every feature renders. Immutable. */
export interface Analysis {
  readonly deployment: Deployment;
  /** null when the file names no model or no source knows it; `modelProblem` says why. */
  readonly facts: ModelFacts | null;
  readonly modelProblem: ModelProblem | null;
  readonly gpu: GpuSetup | null;
  /** Why there is no GPU although one was named (unknown name), or null. */
  readonly gpuProblem: string | null;
  /** What was taken for granted about the GPU, in plain words. */
  readonly gpuAssumptions: readonly string[];
  readonly version: string;
  /** null when the model is unknown. */
  readonly report: StartupReport | null;
  readonly findings: readonly PlacedFinding[];
}
