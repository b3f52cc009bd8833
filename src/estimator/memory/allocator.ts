import { MIB, roundUp } from '../units';

/**
 * Bytes PyTorch's caching allocator reports for one tensor of `bytes` bytes.
 * Blocks are multiples of 512 B; from 10 MiB on they come in 2 MiB segments, whose tail is split off only when it is larger than 1 MiB
 * (c10/cuda/CUDACachingAllocator: kMinBlockSize, kMinLargeAlloc, kRoundLarge, kSmallSize).
 * With `wholeSegmentsAbove` (bytes, the allocator's max_split_size) larger blocks are never split.
 */
export function allocatedBytes(bytes: number, wholeSegmentsAbove = Infinity): number {
  if (bytes <= 0) return 0;
  const block = roundUp(bytes, 512);
  if (block < 10 * MIB) return block;
  const segment = roundUp(block, 2 * MIB);
  return segment - block <= MIB || block > wholeSegmentsAbove ? segment : block;
}
