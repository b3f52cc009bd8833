import type { Model } from '../../estimator/architecture';
import type { Fix } from '../findings';
import { statedPartition } from '../startup/stages';
import { hasExperts } from '../../estimator/modelShape';
import {
  canShard,
  LARGEST_TP,
  queryHeadsOf,
  undividedHeads,
  undividedKvHeads,
  undividedVocabulary,
  undividedWidth,
} from '../../estimator/division';
import type { Spread } from '../../estimator/division';
import type { FindingParts, Rule, RuleFacts } from './rule';
import { removeFix, setFix } from './rule';

const TP = 'tensor-parallel-size';
const PP = 'pipeline-parallel-size';

/**
 * Architectures without vLLM's `SupportsPP` interface: encoders, encoder-decoders and their relatives
 * (vLLM's table of supported models, column PP).
 */
const WITHOUT_STAGES: ReadonlySet<string> = new Set([
  'BartForConditionalGeneration',
  'BertForSequenceClassification',
  'BertForTokenClassification',
  'BertModel',
  'BertSpladeSparseEmbeddingModel',
  'DonutForConditionalGeneration',
  'Florence2ForConditionalGeneration',
  'GteModel',
  'GteNewModel',
  'MllamaForConditionalGeneration',
  'ModernBertForSequenceClassification',
  'ModernBertModel',
  'NomicBertModel',
  'RobertaForMaskedLM',
  'RobertaForSequenceClassification',
  'RobertaModel',
  'WhisperForConditionalGeneration',
  'XLMRobertaForSequenceClassification',
  'XLMRobertaModel',
]);

function spreadOf(facts: RuleFacts, tp: number = facts.tp): Spread {
  return { tp, replicas: facts.dp * facts.pcp, expertParallel: facts.read.flag('enable-expert-parallel') === true };
}

/** Tensor-parallel sizes up to `max` over which the model can be cut, smallest first; quantization groups are not looked at. */
export function tensorParallelSizes(
  model: Model,
  max: number,
  spread: Omit<Spread, 'tp'> = { replicas: 1, expertParallel: false },
): readonly number[] {
  const sizes = Array.from({ length: Math.min(max, LARGEST_TP) }, (_, index) => index + 1);
  return sizes.filter((tp) => canShard(model, { ...spread, tp }));
}

/** Fixes that bring TP to the nearest size below that works and, where possible, use stages for the same number of GPUs. */
export function smallerTensorParallel(facts: RuleFacts, works: (tp: number) => boolean): readonly Fix[] {
  const { model } = facts.context;
  if (!model) return [];
  const { replicas, expertParallel } = spreadOf(facts);
  const sizes = tensorParallelSizes(model, facts.tp - 1, { replicas, expertParallel }).filter(works);
  const largest = sizes.at(-1);
  if (largest === undefined) return [];
  const fixes: Fix[] = [setFix(TP, largest)];
  const divisor = sizes.filter((size) => facts.tp % size === 0).at(-1);
  const canStage = !model.architecture.architectures.some((name) => WITHOUT_STAGES.has(name));
  if (divisor !== undefined && facts.pp === 1 && canStage) {
    const stages = facts.tp / divisor;
    const edits = { [TP]: divisor, [PP]: stages };
    fixes.push({ title: `Set ${TP} to ${divisor} and ${PP} to ${stages} (same number of GPUs)`, edits, remove: [], preferred: false });
  }
  return fixes;
}

const headsTp: Rule = {
  code: 'heads-tp',
  check(facts): FindingParts | null {
    const { model } = facts.context;
    const heads = model ? undividedHeads(model, facts.tp) : null;
    if (heads === null) return null;
    return {
      keys: [TP],
      message: `The model has ${heads} attention heads, which ${facts.tp} GPUs cannot share evenly.`,
      vllmMessage: `Total number of attention heads (${heads}) must be divisible by tensor parallel size (${facts.tp}).`,
      fixes: smallerTensorParallel(facts, () => true),
    };
  },
};

const kvheadsTp: Rule = {
  code: 'kvheads-tp',
  check(facts): FindingParts | null {
    const { model } = facts.context;
    // Already refused for its query heads.
    if (!model || undividedHeads(model, facts.tp) !== null) return null;
    const heads = undividedKvHeads(model, facts.tp);
    if (heads === null) return null;
    const [larger, smaller] = heads >= facts.tp ? [heads, facts.tp] : [facts.tp, heads];
    return {
      keys: [TP],
      message: `The model has ${heads} KV heads: a tensor-parallel size must divide them or be a multiple of them, and ${facts.tp} is neither.`,
      vllmMessage: `${larger} is not divisible by ${smaller}`,
      fixes: smallerTensorParallel(facts, () => true),
    };
  },
};

const intermTp: Rule = {
  code: 'interm-tp',
  check(facts): FindingParts | null {
    const { model } = facts.context;
    if (!model || undividedHeads(model, facts.tp) !== null || undividedKvHeads(model, facts.tp) !== null) return null;
    const spread = spreadOf(facts);
    const undivided = undividedWidth(model, spread);
    if (!undivided) return null;
    const expertsWould = hasExperts(model) && undividedWidth(model, { ...spread, expertParallel: true }) === null;
    return {
      keys: expertsWould ? [TP, 'data-parallel-size', 'enable-expert-parallel'] : [TP],
      message: `The model's feed-forward width of ${undivided.width} cannot be cut into ${undivided.parts} equal parts.`,
      vllmMessage: `AssertionError: ${undivided.width} is not divisible by ${undivided.parts}`,
      fixes: [
        ...(expertsWould ? [setFix('enable-expert-parallel', true, { note: 'whole experts per GPU' })] : []),
        ...smallerTensorParallel(facts, () => true),
      ],
    };
  },
};

const vocabTp: Rule = {
  code: 'vocab-tp',
  check(facts): FindingParts | null {
    const { model } = facts.context;
    if (!model || undividedHeads(model, facts.tp) !== null) return null;
    const padded = undividedVocabulary(model, facts.tp);
    if (padded === null) return null;
    return {
      keys: [TP],
      message: `The vocabulary, padded to ${padded} rows, cannot be cut into ${facts.tp} equal parts.`,
      vllmMessage: `AssertionError: ${padded} is not divisible by ${facts.tp}`,
      fixes: smallerTensorParallel(facts, () => true),
    };
  },
};

const ppUnsupported: Rule = {
  code: 'pp-unsupported',
  check(facts): FindingParts | null {
    const name = facts.context.model?.architecture.architectures.find((architecture) => WITHOUT_STAGES.has(architecture));
    if (facts.pp <= 1 || name === undefined) return null;
    return {
      keys: [PP],
      message: `${name} cannot be cut into pipeline stages.`,
      vllmMessage: 'Pipeline parallelism is not supported for this model. Supported models implement the `SupportsPP` interface.',
      fixes: [removeFix(PP)],
    };
  },
};

const ppPartitionLen: Rule = {
  code: 'pp-partition-len',
  check(facts): FindingParts | null {
    const layers = statedPartition(facts.context.environment);
    if (!layers || layers.length === facts.pp) return null;
    return {
      keys: [PP],
      message: `VLLM_PP_LAYER_PARTITION names ${layers.length} ${layers.length === 1 ? 'stage' : 'stages'}, ${PP} is ${facts.pp}.`,
      vllmMessage: `len(partitions)=${layers.length} does not match pp_size=${facts.pp}.`,
      fixes: [setFix(PP, layers.length)],
    };
  },
};

const ppPartitionSum: Rule = {
  code: 'pp-partition-sum',
  check(facts): FindingParts | null {
    const layers = statedPartition(facts.context.environment);
    const { model } = facts.context;
    if (!layers || !model || layers.length !== facts.pp) return null;
    const sum = layers.reduce((total, count) => total + count, 0);
    const expected = model.architecture.layout.length;
    if (sum === expected) return null;
    return {
      keys: [PP],
      message: `VLLM_PP_LAYER_PARTITION adds up to ${sum} layers, the model has ${expected}.`,
      vllmMessage: `sum(partitions)=${sum} does not match num_hidden_layers=${expected}.`,
    };
  },
};

const worldSize: Rule = {
  code: 'world-size',
  check(facts): FindingParts | null {
    const { gpu } = facts.context;
    const backend = facts.read.text('distributed-executor-backend');
    const spansNodes = backend === 'ray' || backend === 'external_launcher' || (facts.read.positive('nnodes') ?? 1) > 1;
    const needed = facts.tp * facts.pp * facts.pcp;
    if (!gpu || spansNodes || facts.read.text('data-parallel-backend') === 'ray' || needed <= gpu.count) return null;
    const product = [
      [TP, facts.tp],
      [PP, facts.pp],
      ['prefill-context-parallel-size', facts.pcp],
    ].filter(([, size]) => Number(size) > 1);
    const { model } = facts.context;
    const fitting = model ? tensorParallelSizes(model, gpu.count, spreadOf(facts)).at(-1) : gpu.count;
    const lower = facts.pp === 1 && facts.pcp === 1 && fitting !== undefined ? [setFix(TP, fitting)] : [];
    const stated = gpu.source === 'flag' || gpu.source === 'directive' || gpu.source === 'file';
    return {
      keys: product.map(([key]) => String(key)),
      message: `${product.map(([key, size]) => `${key} ${size}`).join(' times ')} needs ${needed} GPUs, but ${gpu.count} ${gpu.count === 1 ? 'is' : 'are'} given.`,
      vllmMessage:
        `World size (${needed}) is larger than the number of available GPUs (${gpu.count}) in this node. If this is intentional and you are ` +
        `using: - ray, set '--distributed-executor-backend ray'. - multiprocessing, set '--nnodes' appropriately.`,
      fixes: [...lower, setFix('distributed-executor-backend', 'ray', { note: 'several nodes' })],
      // A GPU that was only set or detected here need not be where the file is deployed.
      severity: stated ? 'error' : 'warning',
    };
  },
};

/** True when TP divides the model's query heads; for rules that would only repeat that problem. */
export function headsFit(model: Model, tp: number): boolean {
  return queryHeadsOf(model).every((heads) => heads % tp === 0);
}

export const PARALLELISM: readonly Rule[] = [
  headsTp,
  kvheadsTp,
  intermTp,
  vocabTp,
  ppUnsupported,
  ppPartitionLen,
  ppPartitionSum,
  worldSize,
];
