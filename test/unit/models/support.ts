import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Catalogue } from '../../../src/models/catalogue';
import { layersOf } from '../../../src/estimator/architecture';
import type { Architecture } from '../../../src/estimator/architecture';
import { layerTensors, outerTensors } from '../../../src/estimator/parameters';
import type { TensorSpec } from '../../../src/estimator/tensors';
import type { ModelContext } from '../../../src/models/resolve';
import { readFileSync } from 'node:fs';

/** A header entry of a safetensors file. */
export interface HeaderTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
}

const DTYPE_BYTES: Readonly<Record<string, number>> = { BF16: 2, F16: 2, F32: 4, F8_E4M3: 1, I32: 4, U8: 1 };

/** The shipped catalogue. */
export const catalogue = Catalogue.parse(readFileSync('data/models.json', 'utf8'));

/** A config.json of a small Llama: 2 layers of width 64. */
export const SMALL_CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 256,
  max_position_embeddings: 512,
  torch_dtype: 'bfloat16',
};

/** A folder that is removed after the test. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'models-test-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A context that reads `folder` and the catalogue, nothing else. */
export function contextFor(folder: string, more: Partial<ModelContext> = {}): ModelContext {
  return {
    baseFolders: [folder],
    allowedRoots: null,
    caches: null,
    hub: null,
    mayFetch: false,
    catalogue: () => Promise.resolve(catalogue),
    manual: {},
    revision: null,
    ...more,
  };
}

export async function writeJson(file: string, value: unknown): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(value));
}

/** The bytes of a safetensors file whose data is left out: a header and nothing else. */
export function safetensorsBytes(tensors: readonly HeaderTensor[]): Buffer {
  let offset = 0;
  const entries = tensors.map(({ name, dtype, shape }) => {
    const bytes = shape.reduce((product, side) => product * side, DTYPE_BYTES[dtype] ?? 2);
    const entry = { dtype, shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
    return [name, entry] as const;
  });
  const header = Buffer.from(JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header]);
}

/** The tensors of a Llama-like model under their Hugging Face names, in 16 bit. */
export function checkpointTensors(architecture: Architecture): readonly HeaderTensor[] {
  const stored = (prefix: string, { name, group, outFeatures, inFeatures, copies }: TensorSpec): readonly HeaderTensor[] => {
    const part = group === 'attention' ? 'self_attn.' : group === 'mlp' ? 'mlp.' : '';
    return Array.from({ length: copies }, (_, copy) => ({
      name: `${prefix}${part}${name}${copies > 1 ? `_${copy}` : ''}.weight`,
      dtype: 'BF16',
      shape: inFeatures === 1 ? [outFeatures] : [outFeatures, inFeatures],
    }));
  };
  const layers = layersOf(architecture).flatMap((kind, index) =>
    layerTensors(architecture, kind).flatMap((tensor) => stored(`model.layers.${index}.`, tensor)),
  );
  const outer = outerTensors(architecture).flatMap((tensor) => stored(tensor.group === 'lm_head' ? '' : 'model.', tensor));
  return [...outer, ...layers];
}
