import * as path from 'node:path';
import { isJsonObject } from './config/fields';
import { FileProblem, parseJson } from './files';
import type { ModelFiles } from './files';
import type { StoredTensor } from './weights';

/** Bytes before the header: its length as a little-endian 64-bit number. */
const LENGTH_BYTES = 8;
/** Largest header that is read. The format allows 100 MB (safetensors/src/tensor.rs, MAX_HEADER_SIZE); 300,000 tensors in one file stay below. */
const MAX_HEADER_BYTES = 32_000_000;
/** Most shards of one model: published ones have a few hundred at most. */
const MAX_SHARDS = 2_000;
/** Read at once: covers the header of nearly every shard in one call. */
const FIRST_READ_BYTES = 256 * 1024;
/** Shards read at the same time. */
const PARALLEL_READS = 16;

/** The tensors of one local *.safetensors file from its header alone. Throws a FileProblem for a damaged file. */
async function safetensorsHeader(files: ModelFiles, file: string): Promise<readonly StoredTensor[]> {
  const start = await files.slice(file, 0, FIRST_READ_BYTES);
  if (!start) throw new FileProblem(`${file} does not exist.`);
  if (start.bytes.length < LENGTH_BYTES) throw new FileProblem(`${file} has ${start.size} bytes; too short for a safetensors file.`);
  const stated = start.bytes.readBigUInt64LE(0);
  if (stated > BigInt(MAX_HEADER_BYTES) || Number(stated) > start.size - LENGTH_BYTES) {
    throw new FileProblem(
      `${file} claims a header of ${stated} bytes; the file has ${start.size}, and more than ${MAX_HEADER_BYTES} is not read as one.`,
    );
  }
  const length = Number(stated);
  const inFirst = start.bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
  const header = inFirst.length === length ? inFirst : (await files.slice(file, LENGTH_BYTES, length))?.bytes;
  return tensorsOf(parseJson((header ?? inFirst).toString('utf8'), `The header of ${file}`), file);
}

/** The tensors of several shards, in the order of the files. */
export async function safetensorsHeaders(files: ModelFiles, shards: readonly string[]): Promise<readonly StoredTensor[]> {
  if (shards.length > MAX_SHARDS) throw new FileProblem(`${shards.length} weight files in one folder; a model has far fewer.`);
  const perShard: (readonly StoredTensor[])[] = [];
  for (let from = 0; from < shards.length; from += PARALLEL_READS) {
    const batch = shards.slice(from, from + PARALLEL_READS);
    perShard.push(...(await Promise.all(batch.map((shard) => safetensorsHeader(files, shard)))));
  }
  return perShard.flat();
}

/** Reads a parsed header: every entry but `__metadata__` has a dtype, a shape and two byte offsets. */
export function tensorsOf(header: unknown, source: string): readonly StoredTensor[] {
  if (!isJsonObject(header)) throw new FileProblem(`The header of ${source} is not a JSON object.`);
  return Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => {
      const offsets: unknown = isJsonObject(entry) ? entry['data_offsets'] : null;
      const shape: unknown = isJsonObject(entry) ? entry['shape'] : null;
      const dtype: unknown = isJsonObject(entry) ? entry['dtype'] : null;
      if (!isCounts(offsets) || offsets.length !== 2 || !isCounts(shape) || typeof dtype !== 'string') {
        throw new FileProblem(`The header of ${source} has no dtype, shape and offsets for ${name}.`);
      }
      const [begin = 0, end = 0] = offsets;
      const bits = ELEMENT_BITS[dtype];
      const expected = bits === undefined ? end - begin : (shape.reduce((product, side) => product * side, 1) * bits) / 8;
      if (end - begin !== expected) {
        throw new FileProblem(`The header of ${source} gives ${name} ${end - begin} bytes; its shape and type make ${expected}.`);
      }
      return { name, dtype, shape, bytes: end - begin };
    });
}

/** Bits of an element by the format's type names (safetensors/src/tensor.rs, `Dtype::bitsize`). */
const ELEMENT_BITS: Readonly<Record<string, number>> = {
  F64: 64,
  I64: 64,
  U64: 64,
  F32: 32,
  I32: 32,
  U32: 32,
  BF16: 16,
  F16: 16,
  I16: 16,
  U16: 16,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  I8: 8,
  U8: 8,
  BOOL: 8,
};

/** The weight files of a folder. */
export interface Shards {
  readonly files: readonly string[];
  /** How many more the index names than are there: an unfinished download. */
  readonly missing: number;
}

/** The shards of a folder with the entries `names`: those of its index, else every *.safetensors file in it. */
export async function shardsOf(files: ModelFiles, folder: string, names: readonly string[]): Promise<Shards> {
  const index = await files.json(path.join(folder, 'model.safetensors.index.json'));
  const map = isJsonObject(index) ? index['weight_map'] : null;
  const listed = isJsonObject(map)
    ? [...new Set(Object.values(map))].filter((name): name is string => typeof name === 'string' && path.basename(name) === name)
    : names.filter((name) => name.endsWith('.safetensors') && !NOT_SHARDS.test(name));
  const present = new Set(names);
  const there = listed.filter((name) => present.has(name));
  return { files: there.map((name) => path.join(folder, name)), missing: listed.length - there.length };
}

/** Copies of the same weights in Mistral's own format, and adapters. */
const NOT_SHARDS = /^(consolidated|adapter_model)/;

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry) && entry >= 0);
}
