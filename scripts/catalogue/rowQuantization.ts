import { plainQuantization, type CheckpointQuantization } from '../../src/estimator/architecture';
import { Fields } from '../../src/models/config/fields';
import { readName } from '../../src/models/names';

/**
 * Formats the rows get wrong: that of Kimi-K2-Thinking is inherited from Kimi-K2-Instruct, while its card says "native INT4 quantization" of the
 * experts, and its row counts scales of groups of 32: the recipe of Kimi-K2.5.
 */
const RECIPES: Readonly<Record<string, Fields>> = {
  'moonshotai/Kimi-K2-Thinking': new Fields({
    quant_method: 'compressed-tensors',
    bits: 4,
    group_size: 32,
    ignored_modules: { patterns: ['lm_head', 're:.*self_attn.*', 're:.*shared_experts.*', 're:.*mlp\\.(gate|up|gate_up|down)_proj.*'] },
  }),
};

/** A facts row's checkpoint format for a model of `layers` layers, reduced to what differs from a plain description; null for 16-bit weights. */
export function rowQuantization(id: string, row: Fields, layers: number): Partial<CheckpointQuantization> | null {
  const named = readName(id).quantization;
  const stated = RECIPES[id] ?? row.object('quantization_config');
  // A copy named after a format is in it, whatever its row inherits from the 16-bit model.
  if (!stated) return named && withoutDefaults(named);
  const full =
    stated.string('source') === 'repository name only' ? (named ?? described(stated, layers, 'name')) : described(stated, layers, 'config');
  if (!full) return null;
  const merged = full.basis === 'name' ? withKnown(full, stated) : full;
  return withoutDefaults(merged);
}

/** What of a format differs from a plain description of its method and bits. */
export function withoutDefaults(full: CheckpointQuantization): Partial<CheckpointQuantization> {
  const plain: Readonly<Record<string, unknown>> = { ...plainQuantization(full.method, full.bits, 'config') };
  const differing = Object.entries(full).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(plain[key]));
  return { method: full.method, bits: full.bits, ...Object.fromEntries(differing) };
}

/** What the row adds to a description read from the name: a group, block or strategy confirmed by the checkpoint's size. */
function withKnown(named: CheckpointQuantization, stated: Fields): CheckpointQuantization {
  const group = stated.integer('group_size');
  const block = stated.integers('weight_block_size');
  const strategy = stated.string('strategy');
  const container = stated.string('quant_method') === 'compressed-tensors' && /awq|gptq|fp8|fp4|bitsandbytes/.test(named.method);
  const known = container
    ? { ...named, method: 'compressed-tensors', type: named.method === 'bitsandbytes' ? ('int' as const) : named.type }
    : named;
  return withScales(known, group, block, strategy);
}

function withScales(
  named: CheckpointQuantization,
  group: number | null,
  block: readonly number[] | null,
  strategy: string | null,
): CheckpointQuantization {
  if (block?.length === 2) return { ...named, blockSize: [block[0] ?? 128, block[1] ?? 128], groupSize: null };
  if (group !== null) return { ...named, groupSize: group };
  if (strategy === 'channel') return { ...named, groupSize: -1 };
  return strategy === 'tensor' ? { ...named, groupSize: 0 } : named;
}

function described(stated: Fields, layers: number, basis: CheckpointQuantization['basis']): CheckpointQuantization | null {
  const method = stated.string('quant_method');
  if (method === null) return null;
  const format = stated.string('format') ?? '';
  const bits = stated.integer('bits') ?? (method === 'modelopt' ? 8 : 4);
  const block = stated.integers('weight_block_size');
  const fourBitFloat = method === 'modelopt' && (bits === 4 || /NVFP4/i.test(format));
  const name = method === 'fp8 block' ? 'fp8' : fourBitFloat ? 'modelopt_fp4' : /MIXED/.test(format) ? 'modelopt_mixed' : method;
  const strategy = stated.string('strategy');
  const group = stated.integer('group_size') ?? defaultGroup(name, bits, format, strategy);
  return {
    ...plainQuantization(name, bits, basis),
    groupSize: block ? null : group,
    blockSize: block?.length === 2 ? [block[0] ?? 128, block[1] ?? 128] : method === 'fp8 block' ? [128, 128] : null,
    symmetric:
      stated.boolean('symmetric') ?? (method === 'awq' ? stated.boolean('zero_point') === false : stated.boolean('zero_point') !== true),
    type: /^(fp8|fbgemm|modelopt|mxfp|bitsandbytes)/.test(name) || /fp8|float|fp4/i.test(format) ? 'float' : 'int',
    ignored: ignored(stated.object('ignored_modules')?.strings('patterns') ?? [], layers),
    expertsOnly: name === 'mxfp4',
    kvCacheScheme: kvCache(stated),
  };
}

function defaultGroup(method: string, bits: number, format: string, strategy: string | null): number | null {
  if (strategy === 'channel' || method === 'fbgemm_fp8' || /per channel/.test(format)) return -1;
  if (method === 'modelopt_fp4') return 16;
  if (method === 'mxfp4' || method === 'mxfp8') return 32;
  if (method === 'bitsandbytes' && bits === 4) return 64;
  return method === 'fp8' || method === 'modelopt' ? 0 : null;
}

/** A pattern of whole layers of the model with its layer number replaced: "model.layers.** (x1)". */
const WHOLE_LAYERS = /^(?!(?:model\.)?mtp\.)(.*\blayers\.)\*\.?\*$/;

/**
 * Modules left in 16 bit, from patterns in which rows replace layer numbers by stars and count what they replaced. Whole layers of which there are
 * fewer than the model has are those that the patterns of modules leave out: the first ones, then the MTP module behind the last.
 */
export function ignored(patterns: readonly string[], layers: number): readonly string[] {
  const counted = patterns.map((pattern) => {
    const [, name, count] = /^(.*?)(?: \(x(\d+)\))?$/.exec(pattern) ?? [];
    return { name: name ?? pattern, count: Number(count ?? layers) };
  });
  const isWhole = ({ name, count }: (typeof counted)[number]): boolean => WHOLE_LAYERS.test(name) && count < layers;
  const whole = counted.filter(isWhole);
  const prefix = WHOLE_LAYERS.exec(whole[0]?.name ?? '')?.[1];
  const modules = counted.filter((pattern) => !isWhole(pattern)).map(({ name }) => name);
  if (prefix === undefined) return modules;
  const covered = Math.max(0, ...counted.filter((p) => !isWhole(p) && /\blayers\.\*\./.test(p.name)).map(({ count }) => count));
  const stated = whole.reduce((sum, { count }) => sum + count, 0);
  const first = Math.min(Math.max(0, layers - covered), stated);
  const rest = first < stated ? [`${prefix}${layers}.*`] : [];
  return [...modules, ...Array.from({ length: first }, (_, index) => `${prefix}${index}.*`), ...rest];
}

function kvCache(stated: Fields): string | null {
  const value = stated.raw('kv_cache');
  if (typeof value === 'string') return value.toLowerCase() === 'none' ? null : value.toLowerCase();
  return value === null ? null : 'fp8';
}
