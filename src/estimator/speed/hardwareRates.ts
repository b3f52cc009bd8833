import type { Gpu } from '../hardware/gpu';
import { findInterconnect } from '../hardware/interconnects';
import type { KernelFormat } from './work';

/** Kinds of memory that reach different shares of their data-sheet bandwidth. */
export type MemoryClass = 'gddr' | 'hbm' | 'unified';

export function memoryClass(gpu: Gpu): MemoryClass {
  if (gpu.unifiedMemory) return 'unified';
  return gpu.memoryType?.startsWith('HBM') === true ? 'hbm' : 'gddr';
}

/** Architectures whose loads are limited per multiprocessor in a way the measurements show. */
export type SmArchitecture = 'Volta' | 'Ampere' | 'Hopper' | 'Blackwell';

export function smArchitecture(gpu: Gpu): SmArchitecture | null {
  const name = gpu.architecture.split(' ')[0];
  return name === 'Volta' || name === 'Ampere' || name === 'Hopper' || name === 'Blackwell' ? name : null;
}

/** Share of peak that a card reaches whose data sheet gives no rate: an average over cards with both figures, bytes per FLOP of an RTX 30 card. */
const FLOPS_PER_BYTE_GUESS = 75;

/** Dense peak in FLOP/s of the 16-bit matrix units; from the fp32 rate, then the bandwidth, where the data sheet gives none. */
export function halfRate(gpu: Gpu): number {
  const { tflops, bandwidthGbS } = gpu;
  const tera = tflops.bf16 ?? tflops.fp16 ?? tflops.fp32;
  return tera !== null ? tera * 1e12 : (bandwidthGbS ?? FALLBACK_BANDWIDTH_GB_S) * 1e9 * FLOPS_PER_BYTE_GUESS;
}

/** Dense peak in FLOP/s of the format the products run in: 8- and 4-bit units only where the card has them. */
export function peakRate(gpu: Gpu, format: KernelFormat): number {
  const half = halfRate(gpu);
  const tera = {
    fp8: gpu.tflops.fp8,
    w8a8: gpu.tflops.int8 ?? gpu.tflops.fp8,
    fp4: gpu.tflops.fp4,
    '32bit': gpu.tflops.tf32 ?? gpu.tflops.fp32,
  };
  if (format !== 'fp8' && format !== 'w8a8' && format !== 'fp4' && format !== '32bit') return half;
  const rate = tera[format];
  return rate === null ? half : rate * 1e12;
}

/** GB/s of a card of which no bandwidth is known: the slowest discrete cards of the catalogue. */
const FALLBACK_BANDWIDTH_GB_S = 200;

/** Memory bandwidth in bytes per millisecond. */
export function bytesPerMs(gpu: Gpu): number {
  return ((gpu.bandwidthGbS ?? FALLBACK_BANDWIDTH_GB_S) * 1e9) / 1e3;
}

export type LinkClass = 'nvlink' | 'fabric' | 'pcie';

/** Class of the link between GPUs; `link` null takes the card's own. */
export function linkClass(gpu: Gpu, link: string | null): LinkClass {
  const key = (link === null ? gpu.link : (findInterconnect(link)?.key ?? link)) ?? '';
  if (key.startsWith('nvlink') || key === 'nvswitch') return 'nvlink';
  return key === 'infinity_fabric' || key === 'xgmi' || key.endsWith('_roce') || key.startsWith('ici') || key.startsWith('neuronlink')
    ? 'fabric'
    : 'pcie';
}

/** GPUs one fast domain holds: 72 in a rack of GB200 or GB300, 8 on HGX and DGX boards and in PCIe servers. */
export function domainSize(gpu: Gpu): number {
  return gpu.key.startsWith('gb200') || gpu.key.startsWith('gb300') ? 72 : 8;
}
