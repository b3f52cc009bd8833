/** Dense peak rates in TFLOP/s, without sparsity; null where unknown or unsupported. */
export interface PeakRates {
  readonly fp32: number | null;
  readonly tf32: number | null;
  readonly fp16: number | null;
  readonly bf16: number | null;
  readonly fp8: number | null;
  readonly fp4: number | null;
  readonly int8: number | null;
}

/** One accelerator model of the catalogue. Facts only; sources stand beside the data. */
export interface Gpu {
  /** Stable key of the catalogue (`rtx_4090`). */
  readonly key: string;
  /** Name for people ("NVIDIA GeForce RTX 4090"). */
  readonly label: string;
  readonly aliases: readonly string[];
  readonly vendor: string;
  readonly architecture: string;
  /** major.minor as a number times ten (8.9 -> 89); null when not CUDA. */
  readonly computeCapability: number | null;
  /** Marketing size in GB. */
  readonly memoryGb: number;
  /** Sizes the part is sold in that differ in nothing else, GB (Apple silicon, laptop GPUs); null when there is one. */
  readonly memoryOptionsGb: readonly number[] | null;
  /** Kind of memory (`HBM3`, `GDDR6X`, `LPDDR5`); null when unknown. */
  readonly memoryType: string | null;
  /** Total that torch reports, GiB; measured where seen, otherwise the class's typical share of the marketing size. */
  readonly totalMemoryGib: number;
  readonly totalMemoryBasis: 'torch' | 'nvidia-smi' | 'derived';
  readonly unifiedMemory: boolean;
  readonly bandwidthGbS: number | null;
  readonly smCount: number | null;
  readonly tflops: PeakRates;
  readonly tdpW: number | null;
  readonly idleW: number | null;
  /** Default link between GPUs of one host: an interconnect key (`nvlink_gen4`, `pcie4`). */
  readonly link: string | null;
  /** Bandwidth of `link` per direction and GPU, GB/s, where it differs from card to card; null to use the interconnect's own. */
  readonly linkGbS: number | null;
  /** PCIe link to the host (`pcie4`). */
  readonly hostLink: string | null;
  readonly releaseYear: number | null;
  /** high: memory, bandwidth and 16-bit rate each confirmed by a source; medium: memory and one of them; low: the rest. */
  readonly confidence: 'high' | 'medium' | 'low';
}

/** The GPUs one deployment runs on: `count` equal cards, each with `totalMemoryGib` as torch sees it. */
export interface GpuSetup {
  readonly gpu: Gpu;
  readonly count: number;
  readonly totalMemoryGib: number;
  /** Memory free when vLLM looks, its own CUDA context made, GiB per GPU; null when unknown (assumed all but the context). */
  readonly freeMemoryGib: number | null;
  readonly source: GpuSource;
  /** Where only the memory is known, the card that reports as much: memory is estimated as on it, but no rule judges by it. */
  readonly likely?: Gpu;
  /** Cards of the same name with another memory size, where nothing said which it is. */
  readonly otherSizes?: readonly Gpu[];
}

/** `setup` on the card of the same name with another memory size. */
export function withSize(setup: GpuSetup, gpu: Gpu): GpuSetup {
  return { ...setup, gpu, totalMemoryGib: gpu.totalMemoryGib, otherSizes: [] };
}

/** `setup` on the card it most likely is. */
export function onLikelyCard(setup: GpuSetup): GpuSetup {
  return setup.likely ? { ...setup, gpu: setup.likely } : setup;
}

/** Where a GPU choice came from, in the order of trust. */
export type GpuSource = 'flag' | 'directive' | 'file' | 'setting' | 'detected';

/** Keys that stand for a card the catalogue does not hold; its memory must be given. */
export type CustomGpuKey = 'custom_discrete' | 'custom_apple_silicon';

/** True for the two custom keys of the calculators. */
export function isCustomGpuKey(name: string): name is CustomGpuKey {
  return name === 'custom_discrete' || name === 'custom_apple_silicon';
}
