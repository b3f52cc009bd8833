import type { Gpu } from './gpu';

/** "30-Core GPU", "(48 GPU Core)"; a count of cores alone is the CPU's. */
const GPU_CORES = /\b(\d{1,2})[\s-]*(?:cores?\s+gpu|gpu[\s-]*cores?)\b/i;
/** The chips whose smaller bin also has fewer memory channels: its GPU cores and bandwidth, GB/s (Apple's technical specifications of the MacBook Pro). */
const NARROWER: Readonly<Record<string, { readonly cores: number; readonly gbS: number }>> = {
  apple_m3_max: { cores: 30, gbS: 300 },
  apple_m4_max: { cores: 32, gbS: 410 },
  apple_m5_max: { cores: 32, gbS: 460 },
};

/** An Apple chip with the GPU cores that its name states, where they are fewer than the most it is sold with. */
export function withStatedCores(gpu: Gpu, name: string): Gpu {
  const cores = Number(GPU_CORES.exec(name)?.[1] ?? 0);
  if (gpu.vendor !== 'Apple' || gpu.smCount === null || cores === 0 || cores >= gpu.smCount) return gpu;
  const narrower = NARROWER[gpu.key];
  const { fp32 } = gpu.tflops;
  return {
    ...gpu,
    smCount: cores,
    bandwidthGbS: narrower && cores <= narrower.cores ? narrower.gbS : gpu.bandwidthGbS,
    tflops: { ...gpu.tflops, fp32: fp32 === null ? null : (fp32 * cores) / gpu.smCount },
  };
}
