import type { CheckpointQuantization } from '../estimator/architecture';
import { isFormat, splitFormat } from './nameFormats';
import { billionsIn, LOOSE_SIZE } from './nameSize';

/** What a model's name says by itself. */
export interface NameParts {
  /** The name without quantization and file-format endings. */
  readonly base: string;
  /** The checkpoint format the name announces; null when it announces none. */
  readonly quantization: CheckpointQuantization | null;
  /** The name says that the weights are in 16 bit. */
  readonly says16Bit: boolean;
  /** Total parameters in billions by the name ("-70B-", "8x7B"); null when it states none. */
  readonly billions: number | null;
}

/** Reads what the last part of a model's name says: its base name, its checkpoint format, its size. */
export function readName(id: string): NameParts {
  const name = withoutRemark(id)
    .replace(/[\\/]+$/, '')
    .replace(LOOSE_SIZE, '$1$2')
    .replace(/\s+/g, '-');
  const { base, quantization, says16Bit } = splitFormat(name);
  return { base, quantization, says16Bit, billions: billionsIn(base) };
}

/** People append a remark in brackets ("Qwen3-8B (local copy)"); it is no part of the name, unless it is a format ("… (FP8)"). */
function withoutRemark(id: string): string {
  const [whole, remark = ''] = /\s+\(([^()]*)\)?$/.exec(id.trim()) ?? [''];
  const name = whole === '' ? id.trim() : id.trim().slice(0, -whole.length);
  return remark !== '' && isFormat(remark.trim()) ? `${name}-${remark.trim()}` : name;
}

/** The last part of a Hub id or a path, in lower case, with one kind of separator: the key under which names are compared. */
export function nameKey(id: string): string {
  const trimmed = withoutRemark(id).replace(/[\\/]+$/, '');
  const last = trimmed.slice(Math.max(trimmed.lastIndexOf('/'), trimmed.lastIndexOf('\\')) + 1);
  // A Hub cache folder is named models--org--name.
  const name = last.startsWith('models--') ? last.slice(last.lastIndexOf('--') + 2) : last;
  const key = name
    .toLowerCase()
    .replace(DECIMAL_SIZE, '$1$2.$3b')
    .replace(DECIMAL_VERSION, '$1.')
    .replace(LOOSE_SIZE, '$1$2')
    .replace(/[_\s]+/g, '-')
    .replace(JOINED_GENERATION, '$1-')
    .replace(/^gpt(j|neox)(?=-|$)/, 'gpt-$1')
    .replace(SHORT_LLAMA, 'llama-');
  return NICKNAMES[key] ?? key;
}

/**
 * Names without a generation whose size tells it: LLaMA came in 7, 13, 33 and 65 billion, so that a 70B is Llama 2's; the first generation's
 * 13B has the sizes of the second's (both papers, table 2 and appendix A.1).
 */
const NICKNAMES: Readonly<Record<string, string>> = {
  'llama-70b': 'llama-2-70b',
  'llama-13b': 'llama-2-13b',
  // Named when the 8x7B was the only Mixtral.
  'mixtral-instruct': 'mixtral-8x7b-instruct-v0.1',
};
/** "Qwen-1_8B" and "phi-1_5" write their decimal points as underscores; of sizes only those below two. */
const DECIMAL_SIZE = /(^|[-.\s])([01])_(\d)b(?![a-z0-9])/;
const DECIMAL_VERSION = /(\d)_(?=\d+(?![\dx.]*[bm]))/g;
/** People write "Llama3", "LLaMA v2" and "gemma2" where the Hub writes "Llama-3", "Llama-2" and "gemma-2". */
const JOINED_GENERATION = /^((?:meta-)?llama|gemma|phi)-?v?(?=\d)/;
/** Fine-tuners shorten "Llama-3.3-70B" to "L3.3-70B". */
const SHORT_LLAMA = /^l(?=[23](?:\.\d)?-)/;

/** Whether a word of a name states a size: total ("8b", "8x7b"), active ("a3b") or effective parameters ("e4b"), or experts ("16e"). */
export function isSizeWord(word: string): boolean {
  return /^(?:[ae]?\d+(?:\.\d+)?[bmt]|\d+x\d+(?:\.\d+)?b|\d+e)$/.test(word);
}

/** The words of a name key. */
export function wordsOf(key: string): readonly string[] {
  return key.split(/[-:]+/).filter((word) => word !== '');
}

/**
 * Words as one writes them who drops separators: everything but the sizes runs together, without decimal points and the "v" of
 * versions. "qwen2-5-32b" and "Qwen2.5-32B" are one, and so are "DeepSeekV3" and "deepseek-v3"; "llama-3-18b" and "llama-3.1-8b" are not.
 */
export function compactKey(words: readonly string[]): string {
  let compact = '';
  for (const word of words) {
    if (isSizeWord(word)) compact += `|${word}|`;
    else compact += word.replace(/\./g, '').replace(/v(?=\d)/, '');
  }
  return compact.replace(/\|\|/g, '|').replace(/^\||\|$/g, '');
}

/** A name key without the endings that only tell siblings of one architecture apart ("-instruct", "-chat", "-v0.2" …). */
export function familyKey(key: string): string {
  let result = key;
  for (let previous = ''; previous !== result;) {
    previous = result;
    result = result.replace(
      /-(?:instruct|chat|it|base|pt|thinking|reasoning|hf|sft|dpo|rlhf|rl|beta|preview|v\d+(?:\.\d+)?|\d{4}|\d{6})$/,
      '',
    );
  }
  return result;
}
