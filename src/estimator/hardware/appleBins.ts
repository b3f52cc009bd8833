import type { Gpu } from './gpu';

/** "30-Core GPU", "(48 GPU Core)"; a count of cores alone is the CPU's. */
const GPU_CORES = /\b(\d{1,2})[\s-]*(?:cores?\s+gpu|gpu[\s-]*cores?)\b/i;
/**
 * The chips whose smaller bin has fewer memory channels: its share of the GPU cores and its bandwidth, GB/s (Apple's technical specifications
 * of the MacBook Pro).
 */
const NARROWER: Readonly<Record<string, { readonly cores: number; readonly of: number; readonly gbS: number }>> = {
  apple_m3_max: { cores: 30, of: 40, gbS: 300 },
  apple_m4_max: { cores: 32, of: 40, gbS: 410 },
  apple_m5_max: { cores: 32, of: 40, gbS: 460 },
};

/** The GPU cores that a name states; null where it states none. */
export function statedCores(name: string): number | null {
  const cores = GPU_CORES.exec(name)?.[1];
  return cores === undefined ? null : Number(cores);
}

/** An Apple chip in the bin with fewer memory channels, where the name states its GPU cores. */
export function inStatedBin(gpu: Gpu, name: string): Gpu {
  const bin = NARROWER[gpu.key];
  const cores = statedCores(name);
  if (!bin || cores === null || cores > bin.cores) return gpu;
  const { fp32 } = gpu.tflops;
  return {
    ...gpu,
    smCount: bin.cores,
    bandwidthGbS: bin.gbS,
    tflops: { ...gpu.tflops, fp32: fp32 === null ? null : (fp32 * bin.cores) / bin.of },
  };
}
