import type { Architecture, Model } from '../../estimator/architecture';
import type { Gpu } from '../../estimator/hardware/gpu';
import type { ArgumentReader } from '../argumentValues';
import { hasLatentAttention } from '../../estimator/modelShape';
import { isSince } from '../release';
import type { VersionRules } from '../versions';

/** V0 turns chunked prefill on above this context length (vllm/engine/arg_utils.py, 0.5.1 to 0.10). */
const V0_CHUNKED_PREFILL_FROM = 32768;

/** Whether prompts are prefilled in chunks when the arguments leave it open. */
export function chunksByDefault(
  model: Model,
  engine: 'V0' | 'V1',
  maxModelLen: number,
  lora: boolean,
  rules: VersionRules,
  version: string,
): boolean {
  const { architecture } = model;
  if (engine === 'V1') return architecture.task === 'generate';
  if (hasLatentAttention(model) && !rules.chunksLatentPrefill) return false;
  return (
    isSince(version, '0.5.1') &&
    maxModelLen > V0_CHUNKED_PREFILL_FROM &&
    architecture.towers.length === 0 &&
    !lora &&
    architecture.task === 'generate'
  );
}

interface BatchInput {
  readonly architecture: Architecture;
  readonly gpu: Gpu | null;
  readonly totalGib: number | null;
  readonly read: ArgumentReader;
  readonly rules: VersionRules;
  readonly engine: 'V0' | 'V1';
  readonly maxModelLen: number;
  readonly chunkedPrefill: boolean;
}

/** `max_num_batched_tokens` and `max_num_seqs` (arg_utils.py, _set_default_args and get_batch_defaults). */
export function batchSettings(input: BatchInput): {
  readonly tokens: number;
  readonly seqs: number;
  readonly tokensDefaulted: boolean;
  readonly seqsDefaulted: boolean;
} {
  const { read, maxModelLen } = input;
  const defaults = batchDefaults(input);
  const factor = read.text('performance-mode') === 'throughput' ? 2 : 1;
  const seqsGiven = read.count('max-num-seqs');
  const tokensGiven = read.count('max-num-batched-tokens');
  const seqs = seqsGiven ?? defaults.seqs * factor;
  const unchunked = input.chunkedPrefill ? 0 : maxModelLen;
  const wanted = Math.max(defaults.tokens * factor, unchunked);
  const cap = input.engine === 'V1' ? seqs * maxModelLen : Infinity;
  const tokens = tokensGiven ?? Math.min(Math.max(wanted, seqsGiven === null ? 0 : Math.min(seqs, cap)), cap);
  return {
    tokens,
    seqs: seqsGiven === null ? Math.min(seqs, tokens) : seqs,
    tokensDefaulted: tokensGiven === null,
    seqsDefaulted: seqsGiven === null,
  };
}

/** Token budgets of V0 (vllm/config.py, SchedulerConfig): 512 with early chunked prefill, more for pooling and multimodal models. */
function v0Tokens(architecture: Architecture, chunkedPrefill: boolean, rules: VersionRules): number {
  if (chunkedPrefill) return isSince(rules.since, '0.6.4') ? 2048 : 512;
  if (architecture.task === 'pooling') return 32768;
  return architecture.towers.length > 0 ? 5120 : 2048;
}

function batchDefaults({ gpu, totalGib, rules, engine, architecture, chunkedPrefill }: BatchInput): {
  readonly tokens: number;
  readonly seqs: number;
} {
  if (engine === 'V0') return { tokens: v0Tokens(architecture, chunkedPrefill, rules), seqs: 256 };
  if (gpu?.vendor === 'Google') return { tokens: 1024, seqs: 256 };
  // NVML reports no memory for integrated GPUs, which makes them small devices.
  const memory = gpu?.unifiedMemory === true ? 0 : (totalGib ?? 0);
  const a100 = /a100/i.test(`${gpu?.key ?? ''} ${gpu?.label ?? ''}`);
  const small = { tokens: 2048, seqs: 256 };
  if (rules.batchDefaults === 'v1_three_tiers' && memory >= 160) return { tokens: 16384, seqs: 1024 };
  const large = memory >= 70 && (rules.batchDefaults === 'v1_tiered' || !a100);
  if (architecture.task === 'pooling' && !large) return small;
  return large ? { tokens: 8192, seqs: 1024 } : small;
}
