import type { Gpu, GpuSetup } from '../../estimator/hardware/gpu';
import { between, type Ranged } from '../../estimator/ranged';
import { GIB } from '../../estimator/units';
import type { EngineSettings } from '../defaults/settings';
import { isSince } from '../release';

/** GiB as a range: lower end, usual value, upper end. */
type Gib = readonly [low: number, value: number, high: number];

/**
 * Non-torch memory growth during profiling on one GPU, GiB: cuBLAS and Triton modules, NCCL buffers. Not computable; read off logs.
 * One GPU, H100: 0.02-0.09 (0.10-0.12), 0.13 (0.15-0.17), 0.24-0.27 (0.18 and 0.19); A100 0.175 (0.26).
 */
const SINGLE: readonly { readonly since: string; readonly gib: Gib }[] = [
  { since: '0.18.0', gib: [0.04, 0.25, 0.47] },
  { since: '0.13.0', gib: [0.02, 0.13, 0.35] },
  { since: '0.0.0', gib: [0.02, 0.06, 0.3] },
];

/**
 * NVLink with NVSwitch (Hopper, SM100): NCCL's NVLS buffers. 2.06-2.21 at TP2 and TP4 on H100 (0.19), 1.38 on H200 TP2, 2.4 left unexplained
 * by DeepSeek-R1 TP8 on H200 (0.11.2).
 */
const NVSWITCH: readonly { readonly since: string; readonly gib: Gib }[] = [
  { since: '0.12.0', gib: [1.2, 2.1, 2.4] },
  { since: '0.0.0', gib: [0.3, 1.4, 2.5] },
];

/** Cards without NVLS: 0.14 on A100 TP2 (0.10), 0-0.1 on four RTX 3090 (0.18), 0.09-0.25 on PCIe cards. */
const OTHER_LINKS: Gib = [0.02, 0.14, 0.9];

/** V0 with data-centre cards (GA100, GH100): 1.54 on A100-40 TP2 (0.7.2), 2.5 with 16 GPUs under DeepSeek-R1; other cards as above. */
const V0_DATA_CENTRE: Gib = [0.3, 1.5, 3.6];
const V0_OTHER: Gib = [0.05, 0.25, 1.0];

/** HIP runtime and RCCL on AMD: 0.6 on a gfx1201 card (0.14); nothing published for MI300X. */
const ROCM: Gib = [0.2, 0.6, 1.5];

/** GPUs that share memory with the host: page cache and other processes move while profiling (GB10, 0.13 and 0.25). */
const UNIFIED: Gib = [0.3, 1.3, 3];

/** CUDA context of one process: 0.26 (RTX 3090) to 0.52 GiB (H100) in nvidia-smi. */
const CONTEXT: Gib = [0.25, 0.45, 0.65];

/** 1.4 to 2.0 GiB were gone before loading at TP2, TP4 and PP on H100 (v0.19.0). */
const CONTEXT_NVSWITCH: Gib = [0.6, 1.5, 2.1];

function hasNvSwitch(gpu: Gpu): boolean {
  const capability = gpu.computeCapability ?? 0;
  return capability >= 90 && capability < 120 && (gpu.link?.startsWith('nvlink') ?? false);
}

function ranged([low, value, high]: Gib, reason: string): Ranged {
  return between(low * GIB, value * GIB, high * GIB, reason);
}

function pick(table: readonly { readonly since: string; readonly gib: Gib }[], version: string): Gib {
  return table.find((row) => isSince(version, row.since))?.gib ?? OTHER_LINKS;
}

/** The row of the version; of a version that is not known, with the ends of all it may be. */
function over(table: Parameters<typeof pick>[0], { version, span }: EngineSettings): Gib {
  const [low, value, high] = pick(table, version);
  if (span === null) return [low, value, high];
  const [oldest, newest] = [pick(table, span.oldest), pick(table, span.newest)];
  return [Math.min(low, oldest[0], newest[0]), value, Math.max(high, oldest[2], newest[2])];
}

/** Fragmentation and buffers made before profiling, charged since 58b2012aa2: expected from the code, not measured. */
const PERSISTENT_BUFFERS: Gib = [0, 0.1, 0.3];

/** Non-torch memory inside the budget. */
export function nonTorchMemory(gpu: GpuSetup, settings: EngineSettings): Ranged {
  const { version, rules } = settings;
  const base = growth(gpu, settings);
  if (rules.accounting === 'increase') return base;
  if (rules.accounting === 'consumed') {
    const [low, usual, high] = PERSISTENT_BUFFERS;
    return between(base.low + low * GIB, base.value + usual * GIB, base.high + high * GIB, 'non-torch memory and persistent buffers');
  }
  // The snapshot before loading is missing, so the CUDA context counts too (0.8 to 0.9.0, and V0 before 0.6.4 partly).
  const context = isSince(version, '0.8.0') ? ranged(CONTEXT, 'CUDA context') : { value: 0, low: 0, high: CONTEXT[2] * GIB };
  return between(base.low, base.value + context.value, base.high + context.high, 'CUDA context and NCCL');
}

function growth({ gpu }: GpuSetup, settings: EngineSettings): Ranged {
  const { tensorParallelSize: tp, engine } = settings;
  if (gpu.vendor === 'AMD') return ranged(ROCM, 'the ROCm runtime');
  if (gpu.unifiedMemory) return ranged(UNIFIED, 'memory shared with the host');
  if (tp * settings.dataParallelSize === 1) {
    return ranged(over(SINGLE, settings), 'non-torch memory');
  }
  // Compute capabilities x.0 are the data-centre chips (7.0, 8.0, 9.0, 10.0).
  if (engine === 'V0') return ranged((gpu.computeCapability ?? 0) % 10 === 0 ? V0_DATA_CENTRE : V0_OTHER, 'NCCL buffers');
  return ranged(hasNvSwitch(gpu) ? over(NVSWITCH, settings) : OTHER_LINKS, 'NCCL buffers');
}

/** The context right after start, before modules are loaded: 14.25 GiB of weights still fit into the 14.56 GiB of a T4 (0.19). */
export function initialContext(): Ranged {
  return ranged(INITIAL_CONTEXT, 'CUDA context');
}

const INITIAL_CONTEXT: Gib = [0.1, 0.2, 0.5];

/** CUDA context of this process and, with several GPUs, NCCL's start-up buffers: outside the budget since 0.9.1. */
export function contextMemory(gpu: GpuSetup, settings: EngineSettings): Ranged {
  const ranks = settings.tensorParallelSize * settings.pipelineParallelSize * settings.dataParallelSize;
  return ranged(ranks > 1 && hasNvSwitch(gpu.gpu) ? CONTEXT_NVSWITCH : CONTEXT, 'CUDA context');
}
