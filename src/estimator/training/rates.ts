import type { ComputeDtype } from '../contracts/finetuning';
import type { Gpu } from '../hardware/gpu';

/** Dense peak of a card in FLOP/s for a compute dtype: what it falls back to where the card lacks it. Null when unknown. */
export function peakRate(gpu: Gpu, dtype: ComputeDtype): number | null {
  const { fp32, tf32, fp16, bf16, fp8, fp4 } = gpu.tflops;
  const half = dtype === 'fp16' ? (fp16 ?? bf16) : (bf16 ?? fp16);
  const rates: Readonly<Record<ComputeDtype, number | null>> = {
    fp32,
    tf32: tf32 ?? fp32,
    fp16: half ?? fp32,
    bf16: half ?? fp32,
    fp8: fp8 ?? half ?? fp32,
    fp4: fp4 ?? fp8 ?? half ?? fp32,
  };
  const rate = rates[dtype];
  return rate === null ? null : rate * 1e12;
}
