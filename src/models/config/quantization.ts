import { plainQuantization, type CheckpointQuantization } from '../../estimator/architecture';
import { Fields, isJsonObject } from './fields';
import type { JsonObject } from './fields';

/** The checkpoint format a config.json states, in any of the places where quantizers put it; null for 16- or 32-bit weights. */
export function checkpointQuantization(config: JsonObject): CheckpointQuantization | null {
  const outer = new Fields(config);
  const text = outer.object('text_config', 'language_config', 'llm_config');
  const stated =
    outer.object('quantization_config', 'compression_config') ?? text?.object('quantization_config', 'compression_config') ?? null;
  return stated ? quantizationOf(stated.json) : null;
}

/** Reads one quantization description: `quantization_config`, quantize_config.json or hf_quant_config.json. */
export function quantizationOf(description: JsonObject): CheckpointQuantization | null {
  const fields = new Fields(description);
  const modelopt = fields.object('quantization');
  if (modelopt?.has('quant_algo')) return modeloptQuantization(modelopt);
  const method = methodOf(fields);
  if (method === null) return null;
  const reader = Object.hasOwn(READERS, method) ? READERS[method] : undefined;
  const common = { ...plainQuantization(method, 0, 'config'), ignored: ignoredModules(fields) };
  return reader ? reader(fields, common) : integerFormat(fields, common);
}

function methodOf(fields: Fields): string | null {
  const stated = fields.string('quant_method')?.toLowerCase();
  if (stated) return stated;
  if (fields.has('config_groups')) return 'compressed-tensors';
  if (fields.has('load_in_4bit', 'load_in_8bit', '_load_in_4bit', '_load_in_8bit')) return 'bitsandbytes';
  if (fields.has('desc_act')) return 'gptq';
  return fields.has('zero_point') && fields.has('w_bit', 'bits') ? 'awq' : null;
}

function ignoredModules(fields: Fields): readonly string[] {
  return fields.strings('ignore', 'modules_to_not_convert', 'ignored_layers', 'exclude_modules', 'llm_int8_skip_modules', 'exclude') ?? [];
}

type Reader = (fields: Fields, common: CheckpointQuantization) => CheckpointQuantization;

const READERS: Readonly<Record<string, Reader>> = {
  gptq: integerFormat,
  awq: (fields, common) => ({ ...integerFormat(fields, common), symmetric: fields.boolean('zero_point') === false }),
  fp8: fp8Format,
  fbgemm_fp8: (_fields, common) => ({ ...common, bits: 8, type: 'float', groupSize: -1 }),
  'compressed-tensors': compressedTensors,
  compressed_tensors: (fields, common) => compressedTensors(fields, { ...common, method: 'compressed-tensors' }),
  modelopt: (fields) => modeloptQuantization(fields),
  mxfp4: (_fields, common) => ({ ...common, bits: 4, type: 'float', groupSize: 32, expertsOnly: true }),
  mxfp8: (_fields, common) => ({ ...common, bits: 8, type: 'float', groupSize: 32 }),
  bitsandbytes: bitsandbytes,
  quark: quark,
  torchao: torchao,
};

/** GPTQ, AWQ, AutoRound and others of the same shape: bits, group size, symmetry. */
function integerFormat(fields: Fields, common: CheckpointQuantization): CheckpointQuantization {
  return {
    ...common,
    bits: fields.integer('bits', 'w_bit', 'nbits', 'weight_bits', 'num_bits') ?? 4,
    groupSize: fields.number('group_size', 'q_group_size'),
    symmetric: fields.boolean('sym', 'symmetric') ?? true,
    actOrder: fields.boolean('desc_act') ?? false,
    lmHeadQuantized: fields.boolean('lm_head') ?? false,
    ignored: [...common.ignored, ...dynamicSkips(fields)],
  };
}

/** GPTQModel's `dynamic` rules: a pattern that begins with "-:" names modules left alone. */
function dynamicSkips(fields: Fields): readonly string[] {
  const rules = fields.object('dynamic');
  return rules
    ? Object.keys(rules.json)
        .filter((pattern) => pattern.startsWith('-:'))
        .map((pattern) => pattern.slice(2))
    : [];
}

function fp8Format(fields: Fields, common: CheckpointQuantization): CheckpointQuantization {
  const blockSize = pair(fields.integers('weight_block_size'));
  return { ...common, bits: 8, type: 'float', blockSize, groupSize: blockSize ? null : 0 };
}

function pair(list: readonly number[] | null): readonly [number, number] | null {
  const [n, k] = list ?? [];
  return n !== undefined && k !== undefined && n > 0 && k > 0 ? [n, k] : null;
}

function compressedTensors(fields: Fields, common: CheckpointQuantization): CheckpointQuantization {
  const groups = fields.object('config_groups');
  const schemes = groups ? Object.values(groups.json).filter(isJsonObject) : [];
  const first = schemes.map((scheme) => new Fields(scheme)).find((scheme) => scheme.object('weights') !== null);
  const weights = first?.object('weights') ?? null;
  const strategy = weights?.string('strategy') ?? null;
  const targets = schemes.flatMap((scheme) => new Fields(scheme).strings('targets') ?? []);
  const blockSize = strategy === 'block' ? pair(weights?.integers('block_structure') ?? null) : null;
  return {
    ...common,
    bits: weights?.integer('num_bits') ?? 16,
    type: weights?.string('type') === 'float' ? 'float' : 'int',
    groupSize: strategy === 'channel' ? -1 : strategy === 'tensor' ? 0 : (weights?.number('group_size') ?? null),
    blockSize,
    symmetric: weights?.boolean('symmetric') ?? true,
    actOrder: weights?.raw('actorder') !== null && weights?.raw('actorder') !== undefined && weights.raw('actorder') !== 'static',
    expertsOnly: targets.length > 0 && targets.every((target) => /experts/.test(target)),
    lmHeadQuantized: targets.some((target) => /lm_head/.test(target)),
    kvCacheScheme: kvScheme(fields.raw('kv_cache_scheme')),
  };
}

/** A stored KV-cache scheme: ModelOpt's algorithm name or compressed-tensors' number format. */
function kvScheme(value: unknown): string | null {
  if (typeof value === 'string') return value.toLowerCase() === 'none' ? null : value.toLowerCase();
  if (!isJsonObject(value)) return null;
  const scheme = new Fields(value);
  return scheme.integer('num_bits') === 8 ? (scheme.string('type') === 'int' ? 'int8' : 'fp8') : null;
}

/** ModelOpt's algorithms by name, as vLLM maps them to methods (`modelopt.py`, v0.9 to main). */
function modeloptQuantization(fields: Fields): CheckpointQuantization {
  const algorithm = (fields.string('quant_algo') ?? 'FP8').toUpperCase();
  const kvCacheScheme = kvScheme(fields.raw('kv_cache_quant_algo', 'kv_cache_scheme'));
  const ignored = ignoredModules(fields);
  const base = (method: string, bits: number): CheckpointQuantization => ({
    ...plainQuantization(method, bits, 'config'),
    type: 'float',
    kvCacheScheme,
    ignored,
  });
  if (algorithm.includes('NVFP4') || algorithm.includes('FP4')) {
    return { ...base('modelopt_fp4', 4), groupSize: fields.integer('group_size') ?? 16 };
  }
  if (algorithm.includes('MXFP8')) return { ...base('modelopt_mxfp8', 8), groupSize: 32 };
  if (algorithm.includes('MIXED')) return { ...base('modelopt_mixed', 8), groupSize: fields.integer('group_size') };
  if (algorithm.includes('W4A16') || algorithm.includes('AWQ')) {
    return { ...base('modelopt', 4), type: 'int', groupSize: fields.integer('group_size') ?? 128 };
  }
  return { ...base('modelopt', 8), groupSize: algorithm.includes('PC_PT') ? -1 : 0 };
}

function bitsandbytes(fields: Fields, common: CheckpointQuantization): CheckpointQuantization {
  const fourBit = fields.boolean('load_in_4bit', '_load_in_4bit') ?? false;
  return {
    ...common,
    bits: fourBit ? 4 : 8,
    type: fourBit ? 'float' : 'int',
    groupSize: fourBit ? 64 : -1,
    doubleQuant: fields.boolean('bnb_4bit_use_double_quant') ?? false,
  };
}

function quark(fields: Fields, common: CheckpointQuantization): CheckpointQuantization {
  const weight = fields.object('global_quant_config')?.object('weight') ?? null;
  const dtype = weight?.string('dtype') ?? 'fp8_e4m3';
  const bits = Number(/(\d+)/.exec(dtype)?.[1] ?? 8);
  const scheme = weight?.string('qscheme') ?? '';
  const kv = fields.object('layer_quant_config');
  return {
    ...common,
    bits,
    type: dtype.startsWith('int') ? 'int' : 'float',
    groupSize: scheme === 'per_channel' ? -1 : scheme === 'per_group' ? (weight?.integer('group_size') ?? 32) : 0,
    kvCacheScheme: kv && Object.keys(kv.json).some((name) => /k_proj|v_proj|kv/.test(name)) ? 'fp8' : null,
  };
}

/** torchao names its scheme in one text, such as Int4WeightOnlyConfig or int8wo. */
function torchao(fields: Fields, common: CheckpointQuantization): CheckpointQuantization {
  const described = JSON.stringify(fields.raw('quant_type') ?? '').toLowerCase();
  const bits = /int4|fp4/.test(described) ? 4 : 8;
  const type = /float8|fp8|fp4/.test(described) ? 'float' : 'int';
  const group = Number(/group_size"?:\s*(\d+)/.exec(described)?.[1] ?? (bits === 4 ? 128 : -1));
  return { ...common, bits, type, groupSize: group };
}
