import { readFinetuningRequest, type FinetuningFacts } from '../estimator/contracts/finetuningRequest';
import { trainingRun, type TrainingRun } from '../estimator/training/estimate';
import { GIB } from '../estimator/units';
import { finetuningRequestOf, type FinetuningForm } from './finetuningScenario';

/** A change of the form that makes a run take less memory. */
export interface MemorySaver {
  readonly title: string;
  readonly changes: Partial<FinetuningForm>;
  /** GiB per GPU that it saves, and the peak after it. */
  readonly savedGib: number;
  readonly peakGib: number;
  /** Step time before over step time after: above one it also makes the run faster. Null when the time is unknown. */
  readonly speedFactor: number | null;
}

/** Less than this share of the peak is within the noise of an allocator and not worth a change. */
const WORTHWHILE = 0.01;

interface Candidate {
  readonly title: string;
  readonly applies: (form: FinetuningForm) => boolean;
  readonly changes: Partial<FinetuningForm>;
}

/** Optimizers of which an 8-bit version exists. */
const WITH_8_BIT: readonly string[] = ['adamw', 'paged_adamw', 'lion', 'galore'];

/** What can be turned on without training something else; a smaller batch or sequence is the person's own choice. */
const CANDIDATES: readonly Candidate[] = [
  {
    title: 'LoRA instead of full fine-tuning',
    applies: ({ finetuning_method }) => finetuning_method === 'full',
    changes: { finetuning_method: 'lora' },
  },
  {
    title: 'QLoRA: base weights in 4 bit',
    applies: ({ finetuning_method }) => finetuning_method !== 'qlora',
    changes: { finetuning_method: 'qlora' },
  },
  {
    title: 'Full gradient checkpointing',
    applies: ({ gradient_checkpointing }) => gradient_checkpointing === 'none' || gradient_checkpointing === 'selective',
    changes: { gradient_checkpointing: 'full' },
  },
  { title: 'Flash attention', applies: ({ flash_attention }) => !flash_attention, changes: { flash_attention: true } },
  { title: 'Loss in chunks', applies: ({ chunked_loss }) => !chunked_loss, changes: { chunked_loss: true } },
  { title: 'Fused kernels', applies: ({ use_fused_kernels }) => !use_fused_kernels, changes: { use_fused_kernels: true } },
  {
    title: '8-bit optimizer states',
    applies: ({ use_8bit_optimizer, optimizer }) => !use_8bit_optimizer && WITH_8_BIT.includes(optimizer),
    changes: { use_8bit_optimizer: true },
  },
  {
    title: 'ZeRO stage 3',
    applies: ({ num_gpus, zero_stage }) => num_gpus > 1 && zero_stage < 3,
    changes: { zero_stage: 3 },
  },
  {
    title: 'Offload activations',
    applies: ({ activation_offloading, gradient_checkpointing }) => !activation_offloading && gradient_checkpointing !== 'offloaded',
    changes: { activation_offloading: true },
  },
  {
    title: 'Offload states and weights to host memory',
    applies: ({ enable_offloading }) => !enable_offloading,
    changes: { enable_offloading: true, offload_target: 'cpu_ram' },
  },
];

/** The changes that would save memory, each tried by estimating the run with it; the largest saving first. */
export function memorySavers(form: FinetuningForm, facts: FinetuningFacts): readonly MemorySaver[] {
  const now = runOf(form, facts);
  if (!now) return [];
  const peak = now.memory.peak.total;
  return CANDIDATES.filter(({ applies }) => applies(form))
    .flatMap(({ title, changes }): readonly MemorySaver[] => {
      const then = runOf({ ...form, ...changes }, facts);
      if (!then) return [];
      const saved = peak - then.memory.peak.total;
      if (saved < peak * WORTHWHILE) return [];
      const speedFactor = now.time && then.time ? now.time.total / then.time.total : null;
      return [{ title, changes, savedGib: saved / GIB, peakGib: then.memory.peak.total / GIB, speedFactor }];
    })
    .sort((a, b) => b.savedGib - a.savedGib);
}

/** The run of a form; null when the request is refused. */
function runOf(form: FinetuningForm, facts: FinetuningFacts): TrainingRun | null {
  const read = readFinetuningRequest(finetuningRequestOf(form));
  return read.ok ? trainingRun(read.request, facts) : null;
}
