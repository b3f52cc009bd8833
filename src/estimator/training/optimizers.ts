import type { OptimizerName } from '../contracts/finetuning';

/** What an optimizer keeps per trained parameter. */
export interface OptimizerFacts {
  /** Values as wide as the weight it updates: 2 for Adam's moments. */
  readonly statesOfWeightWidth: number;
  /** Bytes whatever the weight's width, block-wise scales included. */
  readonly fixedBytes: number;
  /** States follow the rows and columns of a matrix instead of its elements. */
  readonly factored: boolean;
  /** States live in the projected rank of GaLore and APOLLO for matrices. */
  readonly projected: boolean;
  /** States in unified memory, which the driver moves to the host under pressure. */
  readonly paged: boolean;
  /** Peak bytes per parameter of the multi-tensor update, as wide as the weight: the copies torch's foreach path makes. */
  readonly updateCopies: number;
  /** Embedding and head keep Adam's two moments whatever the layers keep: they are no matrices to project or to orthogonalise. */
  readonly tablesByAdam: boolean;
  /** Muon orthogonalises each matrix's update, which takes matrix products of its own. */
  readonly orthogonalises: boolean;
}

const PLAIN = {
  statesOfWeightWidth: 0,
  fixedBytes: 0,
  factored: false,
  projected: false,
  tablesByAdam: false,
  paged: false,
  updateCopies: 1,
  orthogonalises: false,
};
/** bitsandbytes 8-bit states: 1 byte and one fp32 scale per block of 256 for each state (Dettmers 2021, arXiv 2110.02861; bitsandbytes 0.43 block size). */
const EIGHT_BIT_STATE = 1 + 4 / 256;
/** torchao 4-bit states: half a byte and one fp32 scale per block of 128 for each state (torchao low_bit_optim). */
const FOUR_BIT_STATE = 0.5 + 4 / 128;

/**
 * States per optimizer: Adam keeps two moments, Lion and SGD with momentum and Muon one; Adafactor's are factored (Shazeer 2018,
 * arXiv 1804.04235; measured at about 0 bytes per parameter in the Hugging Face performance guide); GaLore and APOLLO keep Adam's in a
 * low rank (arXiv 2403.03507, 2412.05270) for attention and feed-forward alone, and Muon leaves embedding and head to AdamW as well
 * (torch.optim.Muon takes matrices of hidden layers only); Adam-mini keeps one moment (arXiv 2406.16793). torch.optim's documentation gives the foreach
 * path one extra copy of the parameters; fused 8-bit kernels make none.
 */
export const OPTIMIZER_FACTS: Readonly<Record<OptimizerName, OptimizerFacts>> = {
  adamw: { ...PLAIN, statesOfWeightWidth: 2 },
  adamw_8bit: { ...PLAIN, fixedBytes: 2 * EIGHT_BIT_STATE, updateCopies: 0 },
  paged_adamw: { ...PLAIN, statesOfWeightWidth: 2, paged: true, updateCopies: 0 },
  paged_adamw_8bit: { ...PLAIN, fixedBytes: 2 * EIGHT_BIT_STATE, paged: true, updateCopies: 0 },
  adamw_4bit: { ...PLAIN, fixedBytes: 2 * FOUR_BIT_STATE, updateCopies: 0 },
  adafactor: { ...PLAIN, factored: true, updateCopies: 0 },
  sgd: { ...PLAIN, updateCopies: 0 },
  sgd_momentum: { ...PLAIN, statesOfWeightWidth: 1, updateCopies: 0 },
  lion: { ...PLAIN, statesOfWeightWidth: 1, updateCopies: 0 },
  lion_8bit: { ...PLAIN, fixedBytes: EIGHT_BIT_STATE, updateCopies: 0 },
  paged_lion_8bit: { ...PLAIN, fixedBytes: EIGHT_BIT_STATE, paged: true, updateCopies: 0 },
  muon: { ...PLAIN, statesOfWeightWidth: 1, tablesByAdam: true, updateCopies: 0, orthogonalises: true },
  galore: { ...PLAIN, statesOfWeightWidth: 2, projected: true, tablesByAdam: true, updateCopies: 0 },
  galore_8bit: { ...PLAIN, fixedBytes: 2 * EIGHT_BIT_STATE, projected: true, tablesByAdam: true, updateCopies: 0 },
  apollo: { ...PLAIN, statesOfWeightWidth: 2, projected: true, tablesByAdam: true, updateCopies: 0 },
  adam_mini: { ...PLAIN, statesOfWeightWidth: 1, updateCopies: 0 },
};

const PROJECTED: ReadonlySet<string> = new Set(Object.entries(OPTIMIZER_FACTS).flatMap(([name, facts]) => (facts.projected ? [name] : [])));

/** Whether an optimizer projects the gradients of a full fine-tune to `lora_rank`. */
export function projectsToRank(optimizer: string): boolean {
  return PROJECTED.has(optimizer);
}
