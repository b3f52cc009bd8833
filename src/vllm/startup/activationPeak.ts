import type { Architecture, LayerKind } from '../../estimator/architecture';
import { between, type Ranged } from '../../estimator/ranged';
import { GIB, MIB, ceilDiv, clamp, roundUp } from '../../estimator/units';
import type { EngineSettings } from '../defaults/settings';
import { hasExperts } from '../../estimator/modelShape';
import { rulesOf } from '../versions';
import type { MemoryPart } from './report';
import { multimodalProfile } from './multimodalProfile';
import type { PipelineStage } from './stages';

/** What the profile run depends on beside the settings. */
export interface ActivationInput {
  readonly architecture: Architecture;
  readonly settings: EngineSettings;
  readonly stage: PipelineStage;
  readonly smCount: number | null;
  readonly computeCapability: number | null;
  /** The method of the weights; some kernels unpack weights or need no workspace. */
  readonly quantization: string | null;
}

export interface ActivationPeak {
  readonly bytes: Ranged;
  /** What sampling for `max_num_seqs` requests takes, without the forward pass of a full batch. */
  readonly sampling: Ranged;
  readonly parts: readonly MemoryPart[];
}

/**
 * Bytes per logit of the sampler's warm-up, by kernel. sort: fp32 logits, sorted copies, int64 indices, softmax and cumulative sum,
 * 38.4 measured (Qwen3-14B 5.64 GiB at 1024 x 151,936, v0.15 and v0.16, H100). triton and FlashInfer: logits in the model's dtype and
 * 12 bytes of fp32 buffers (13 models on H100 v0.19.0; Qwen2-7B on A100 v0.10.1.1).
 */
const SORT_BYTES_PER_LOGIT = 38.4;
const KERNEL_BYTES_PER_LOGIT = 12;

/** cuBLAS workspace: 32 MiB on compute capability 9.0, 8.1 MiB elsewhere (cuBLAS documentation, cublasSetWorkspace). */
const CUBLAS_HOPPER = 32 * MIB;
const CUBLAS_OTHER = 8.1 * MIB;

/** SMs of a card whose count is unknown: only the small per-SM buffer of the top-k kernel depends on it. */
const USUAL_SM_COUNT = 132;

/** DeepGEMM pads the tokens of each local expert to this many rows. */
const DEEP_GEMM_ROWS = 128;

/** Tokens an MLA profile expands from the latent at once (mla/common.py, chunked prefill workspace). */
const MLA_WORKSPACE_TOKENS = 64 * 1024;

/** Torch peak of the profile run on one rank. */
export function activationPeak(input: ActivationInput): ActivationPeak {
  const { architecture, settings, stage } = input;
  const { hiddenSize } = architecture;
  const { dtypeBytes: b, rules, engine } = settings;
  const tokens = settings.maxNumBatchedTokens;
  const rows = Math.min(tokens, settings.maxNumSeqs);

  const forward = Math.max(
    ...stage.layersByKind.map((layers, kind) => (layers > 0 ? forwardBytes(input, architecture.layerKinds[kind], tokens) : 0)),
  );
  const moe = Math.max(0, ...architecture.layerKinds.map((kind) => moeWorkspace(input, kind)));
  const hidden = tokens * hiddenSize * b + 2 * rows * hiddenSize * b;
  const samples = stage.last && architecture.lmHead && architecture.task === 'generate';
  const sampler = samples ? samplerBytes(input, rows) : { value: 0, low: 0, high: 0 };
  const media = multimodalProfile(architecture, stage, settings);
  const pipeline = settings.pipelineParallelSize > 1 ? 2 * tokens * hiddenSize * b : 0;
  const cublas = isHopper(input.computeCapability) ? CUBLAS_HOPPER : CUBLAS_OTHER;
  const fixed = media.held + pipeline + cublas;

  const persistent = rules.persistentMoeWorkspace && engine === 'V1';
  const total = (samplerPart: number, encoderPart: number): number => {
    const text = persistent ? Math.max(forward, hidden + samplerPart) + moe : Math.max(forward + moe, hidden + samplerPart);
    return Math.max(text + fixed, encoderPart + cublas);
  };
  const value = total(sampler.value, media.encoderPeak);
  const reason =
    media.encoderPeak > 0
      ? 'profiling the multimodal encoder'
      : sampler.high > sampler.value * 1.5
        ? 'the sampler kernel'
        : 'activations of the profile run';
  const encoderDecides = media.encoderPeak + cublas >= value;
  const slack = relativeSlack(input, encoderDecides);
  const samplerDecides = hidden + sampler.value >= (persistent ? forward : forward + moe);
  const textParts: readonly Part[] = [
    samplerDecides ? ['sampler', hidden + sampler.value] : ['forward pass', forward],
    ['MoE workspace', persistent || !samplerDecides ? moe : 0],
    ['encoder outputs', media.held],
    ['pipeline buffers', pipeline],
  ];
  return {
    bytes: between(
      Math.max(0, total(sampler.low, media.lowestPeak) * (1 - slack) - ABSOLUTE_SLACK),
      value,
      Math.max(total(sampler.high, media.encoderPeak) * (1 + slack), media.highestPeak + cublas) + ABSOLUTE_SLACK,
      reason,
    ),
    sampling: between(sampler.low, sampler.value, sampler.high),
    parts: peakParts(encoderDecides ? [['multimodal encoder', media.encoderPeak]] : textParts, cublas),
  };
}

type Part = readonly [name: string, bytes: number];

/** The parts that make up the peak; they add up to it. */
function peakParts(parts: readonly Part[], cublas: number): readonly MemoryPart[] {
  return [...parts, ['cuBLAS workspace', cublas] as const].filter(([, bytes]) => bytes > 0).map(([name, bytes]) => ({ name, bytes }));
}

/** Two decimals of the log and the allocator's own rounding. */
const ABSOLUTE_SLACK = 0.03 * GIB;

/**
 * Half-width of the formula: 3 % covers the dense models of the H100 campaign (0.4 % mean), MoE back ends differ in workspaces,
 * multimodal encoders in what their layers keep.
 */
function relativeSlack(input: ActivationInput, encoderDecides: boolean): number {
  if (encoderDecides) return 0.35;
  if (input.settings.multimodal.profiled) return 0.12;
  return hasExperts(input) || input.settings.enforceEager ? 0.12 : 0.04;
}

function isHopper(capability: number | null): boolean {
  return capability !== null && capability >= 90 && capability < 100;
}

/**
 * Tensors of hidden size alive at the widest point of a layer (Qwen2.5-14B 3.79 GiB at 32,768 tokens, v0.7.2). bitsandbytes' linear layers let
 * go of their input: Llama-3.1-8B 2.07 GiB at 20,000 and 2.99 at 29,000 tokens (v0.6.6), which is three of them.
 */
const HIDDEN_TENSORS = 4;

/**
 * Widest point of one layer: residual, normed input and the linear layers' input and output (4 hidden), and the gate, up and activated
 * intermediate (3) or the attention projections, whichever is wider. Tensor parallelism in V0 adds the all-reduce output.
 */
function forwardBytes(input: ActivationInput, kind: LayerKind | undefined, tokens: number): number {
  const { settings, architecture } = input;
  const { dtypeBytes: b, tensorParallelSize: tp } = settings;
  if (!kind) return 0;
  const mlp = Math.max(
    0,
    ...kind.feedForwards.map((f) => (f.kind === 'dense' ? (f.gated ? 3 : 2) * f.intermediateSize : 3 * f.sharedIntermediateSize)),
  );
  const attention = Math.max(
    0,
    ...kind.mixers.map((m) => (m.kind === 'attention' ? 2 * m.heads * m.headDim + 2 * m.kvHeads * m.headDim : 0)),
  );
  const reduced = settings.engine === 'V0' && tp > 1 ? 1 : 0;
  const kept = input.quantization === 'bitsandbytes' ? HIDDEN_TENSORS - 1 : HIDDEN_TENSORS;
  const wide = tokens * b * ((kept + reduced) * architecture.hiddenSize + Math.max(mlp, attention) / tp);
  const latent = kind.mixers.map((mixer) => {
    if (mixer.kind !== 'mla') return 0;
    const window = roundUp(
      Math.min(Math.max(8 * (settings.maxModelLen ?? 0), 4 * settings.maxNumSeqs * settings.blockSize), MLA_WORKSPACE_TOKENS),
      settings.blockSize,
    );
    return tokens * b * 4 * architecture.hiddenSize + window * (mixer.heads / tp) * (mixer.qkNopeHeadDim + mixer.vHeadDim) * b;
  });
  const unpacking = input.quantization === 'bitsandbytes' ? whileUnpacking(input, kind, tokens) : 0;
  return Math.max(wide, unpacking, ...latent);
}

/**
 * bitsandbytes unpacks one projection to 16 bit whenever more than a few tokens are processed (bitsandbytes.autograd, MatMul4Bit), and frees it
 * before its output is activated: then gate and up are there, but not yet their product.
 */
function whileUnpacking({ settings, architecture }: ActivationInput, kind: LayerKind, tokens: number): number {
  const widest = Math.max(0, ...kind.feedForwards.map((f) => (f.kind === 'dense' ? f.intermediateSize : f.expertIntermediateSize)));
  const { dtypeBytes: b, tensorParallelSize: tp } = settings;
  return b * (tokens * ((HIDDEN_TENSORS - 1) * architecture.hiddenSize + (2 * widest) / tp) + (widest / tp) * architecture.hiddenSize);
}

/**
 * Two work buffers of the fused-MoE kernel for every routed token (fused_moe/modular_kernel.py, workspace_shapes).
 * gpt-oss' Triton kernels need none; DeepGEMM rounds each local expert's rows up.
 */
function moeWorkspace({ settings, computeCapability, quantization, architecture }: ActivationInput, kind: LayerKind): number {
  const moe = kind.feedForwards.find((f) => f.kind === 'moe');
  if (moe?.kind !== 'moe' || quantization?.includes('mxfp4') === true) return 0;
  const { tensorParallelSize: tp, dataParallelSize: dp, expertParallel } = settings;
  const ranks = tp * dp;
  const width = expertParallel ? moe.expertIntermediateSize : moe.expertIntermediateSize / ranks;
  const hidden = moe.expertHiddenSize ?? architecture.hiddenSize;
  const routed = Math.min(settings.maxNumBatchedTokens * dp, settings.rules.moeChunkTokens) * moe.expertsPerToken;
  const deepGemm = quantization === 'fp8' && computeCapability !== null && computeCapability >= 90 && computeCapability < 110;
  const localExperts = expertParallel ? ceilDiv(moe.experts, ranks) : moe.experts;
  const tokens = deepGemm ? roundUp(routed + localExperts * (DEEP_GEMM_ROWS - 1), DEEP_GEMM_ROWS) : routed;
  return tokens * settings.dtypeBytes * (Math.max(width, hidden) + Math.max((moe.gated ? 2 : 1) * width, hidden));
}

/** The sampler's warm-up on `rows` rows of logits; its kernel depends on version and installed packages. */
function samplerBytes({ architecture, settings, smCount }: ActivationInput, rows: number): Ranged {
  const { dtypeBytes: b, tensorParallelSize: tp, runner, span } = settings;
  const logits = rows * architecture.vocabSize;
  const sort = logits * SORT_BYTES_PER_LOGIT;
  const kernel = logits * (b + KERNEL_BYTES_PER_LOGIT);
  const greedy = logits * b * (tp > 1 ? 2 + 1 / tp : 1);
  const triton = between(kernel, kernel + bufferBytes(architecture, smCount), kernel + bufferBytes(architecture, smCount));
  if (span) {
    const newest = rulesOf(span.newest).v2Runner === 'none' ? kernel : greedy;
    const [value, high] = settings.rules.sampler === 'triton' ? [triton.value, triton.high] : [sort, sort];
    return between(
      newest,
      runner === 'v2' ? greedy : value,
      rulesOf(span.oldest).sampler === 'triton' ? high : sort,
      'the version is not known',
    );
  }
  if (runner === 'v2') return between(greedy, greedy, kernel, 'the sampler of the V2 runner');
  if (runner === 'v0') return between(kernel, sort, sort);
  switch (settings.rules.sampler) {
    case 'sort':
      return between(sort, sort, sort);
    case 'sort_or_flashinfer':
      return between(kernel, sort, sort, 'whether FlashInfer is installed');
    case 'triton':
      return triton;
  }
}

/** The top-k kernel's buffer: one fp32 row of logits per SM. */
function bufferBytes({ vocabSize }: Architecture, smCount: number | null): number {
  return clamp(smCount ?? USUAL_SM_COUNT, 1, 256) * vocabSize * 4;
}
