import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Catalogue } from '../../../src/models/catalogue';
import { layersOf } from '../../../src/estimator/architecture';
import type { Architecture } from '../../../src/estimator/architecture';
import { layerTensors, outerTensors } from '../../../src/estimator/parameters';
import type { TensorSpec } from '../../../src/estimator/tensors';
import { resolveModel } from '../../../src/models/resolve';
import type { ModelContext } from '../../../src/models/resolve';
import type { ModelFacts } from '../../../src/models/source';
import { readFileSync } from 'node:fs';

/** A header entry of a safetensors file. */
export interface HeaderTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
}

const DTYPE_BYTES: Readonly<Record<string, number>> = { BF16: 2, F16: 2, F32: 4, F8_E4M3: 1, I8: 1, I32: 4, I64: 8, U8: 1 };

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

/** A GGUF metadata value of this test's writer: text, whole number, or the file type. */
type GgufValue = string | number;

/** GGUF value types (ggml docs/gguf.md). */
const GGUF_UINT32 = 4;
const GGUF_STRING = 8;

/** A GGUF v3 file that ends after its header. `type` is the ggml type number, shapes list the fastest dimension first. */
export function ggufBytes(
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: readonly { readonly name: string; readonly shape: readonly number[]; readonly type: number }[],
): Buffer {
  const u32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const u64 = (value: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return bytes;
  };
  const text = (value: string): Buffer => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
  const entries = Object.entries(metadata).map(([key, value]) =>
    Buffer.concat([
      text(key),
      typeof value === 'string' ? Buffer.concat([u32(GGUF_STRING), text(value)]) : Buffer.concat([u32(GGUF_UINT32), u32(value)]),
    ]),
  );
  const infos = tensors.map(({ name, shape, type }) =>
    Buffer.concat([text(name), u32(shape.length), ...shape.map(u64), u32(type), u64(0)]),
  );
  return Buffer.concat([Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(entries.length), ...entries, ...infos]);
}

/** ggml type numbers (ggml.h). */
const GGML_F32 = 0;
const GGML_Q4_K = 12;
const GGML_Q6_K = 14;
/** llama.cpp file type of a Q4_K_M file (llama.h). */
const FILE_TYPE_Q4_K_M = 15;

/** Header of a small Llama as GGUF: Q4_K matrices, Q6_K embedding and head, F32 norms. */
export function smallGguf(): Buffer {
  const metadata = {
    'general.architecture': 'llama',
    'general.file_type': FILE_TYPE_Q4_K_M,
    'llama.block_count': 2,
    'llama.context_length': 4096,
    'llama.embedding_length': 256,
    'llama.feed_forward_length': 512,
    'llama.attention.head_count': 4,
    'llama.attention.head_count_kv': 2,
  };
  const matrices = (index: number): readonly (readonly [string, number, number])[] => [
    [`blk.${index}.attn_q.weight`, 256, 256],
    [`blk.${index}.attn_k.weight`, 256, 128],
    [`blk.${index}.attn_v.weight`, 256, 128],
    [`blk.${index}.attn_output.weight`, 256, 256],
    [`blk.${index}.ffn_gate.weight`, 256, 512],
    [`blk.${index}.ffn_up.weight`, 256, 512],
    [`blk.${index}.ffn_down.weight`, 512, 256],
  ];
  return ggufBytes(metadata, [
    { name: 'token_embd.weight', shape: [256, 1024], type: GGML_Q6_K },
    { name: 'output.weight', shape: [256, 1024], type: GGML_Q6_K },
    { name: 'output_norm.weight', shape: [256], type: GGML_F32 },
    ...[0, 1].flatMap((index) => [
      ...matrices(index).map(([name, input, out]) => ({ name, shape: [input, out], type: GGML_Q4_K })),
      { name: `blk.${index}.attn_norm.weight`, shape: [256], type: GGML_F32 },
      { name: `blk.${index}.ffn_norm.weight`, shape: [256], type: GGML_F32 },
    ]),
  ]);
}

/** Parameters of `smallGguf`. */
export const SMALL_GGUF_PARAMETERS = 2 * 256 * 1024 + 256 + 2 * (2 * 256 * 256 + 2 * 256 * 128 + 3 * 256 * 512 + 2 * 256);

/** The facts that a model resolves to; fails the test when there are none. */
export async function facts(id: string, context: ModelContext): Promise<ModelFacts> {
  const answer = await resolveModel(id, context);
  assert.ok(answer && 'facts' in answer, answer && 'problem' in answer ? answer.problem.message : 'no answer');
  return answer.facts;
}

/** Why a model has no facts; fails the test when it has. */
export async function problem(id: string, context: ModelContext): Promise<string> {
  const answer = await resolveModel(id, context);
  assert.ok(answer && 'problem' in answer, JSON.stringify(answer));
  return answer.problem.message;
}
