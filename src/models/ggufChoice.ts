import * as path from 'node:path';
import { USUAL_GGUF_TYPE } from '../estimator/ggufTypes';
import { FileProblem } from './files';
import { readName } from './names';
import type { ModelFacts } from './source';

/** The GGUF file of a folder or repository that stands for the model. */
export interface GgufChoice {
  readonly file: string;
  /** What was assumed in choosing it; null where nothing was. */
  readonly assumption: string | null;
}

/** Files beside the model: projectors of vision models, importance matrices. */
const BESIDE = /mmproj|imatrix/i;
/** Shards after the first, which the first one's name stands for. */
const LATER_SHARD = /-(?!00001-of-)\d{5}-of-\d{5}\.gguf$/i;

/** The file type that follows the name of a repository after a colon ("org/name:Q4_K_M"), as vLLM and llama.cpp take it; null without. */
export function ggufTypeIn(id: string): string | null {
  return /^[^:]+:([\w.-]+)$/.exec(id)?.[1] ?? null;
}

/**
 * The file that `id` means among those at `place`: the one of the type it names; else the only one, or, of several, the one llama.cpp takes
 * (`-hf` without a type: Q4_K_M, else the first), which is an assumption. Null without a GGUF file; throws a FileProblem where the named type is
 * missing, as vLLM does.
 */
export function chooseGguf(names: readonly string[], id: string, place: string): GgufChoice | null {
  const files = names.filter((name) => /\.gguf$/i.test(name) && !BESIDE.test(name) && !LATER_SHARD.test(name)).sort();
  const [first] = files;
  if (first === undefined) return null;
  const wanted = ggufTypeIn(id);
  if (wanted !== null) {
    const file = ofType(files, wanted);
    if (file !== undefined) return { file, assumption: null };
    throw new FileProblem(`${place} has no GGUF file of type ${wanted}: there is ${files.map((name) => path.basename(name)).join(', ')}.`);
  }
  if (files.length === 1) return { file: first, assumption: null };
  const named = readName(id).quantization?.ggufType ?? null;
  const meant = named === null ? undefined : ofType(files, named);
  if (meant !== undefined) return { file: meant, assumption: null };
  const file = ofType(files, USUAL_GGUF_TYPE) ?? first;
  return { file, assumption: `${files.length} GGUF files at ${place}, none of them named: ${path.basename(file)} taken. ${HOW_TO_NAME}` };
}

/** How a deployment names one file of a repository (vLLM from 0.12; before, only a path to the file). */
export const HOW_TO_NAME = `vLLM loads one only by its type ("…-GGUF:${USUAL_GGUF_TYPE}") or path`;

/** The file whose name has the type as a whole word; of "Q4_K_M" and "UD-Q4_K_M" the plain one, which has fewer dashes. */
function ofType(files: readonly string[], type: string): string | undefined {
  const word = new RegExp(`(?:^|[-_./])${type.replace(/[^\w]/g, '\\$&')}(?:[-./]|$)`, 'i');
  const dashes = (name: string): number => name.split('-').length;
  return files.filter((name) => word.test(name)).sort((a, b) => dashes(a) - dashes(b))[0];
}

/** What the chosen file says of the model: exactly, unless another file may have been meant. */
export function chosenFacts(facts: ModelFacts, { assumption }: GgufChoice): ModelFacts {
  if (assumption === null) return facts;
  return { ...facts, confidence: 'derived', assumptions: [...facts.assumptions, assumption] };
}
