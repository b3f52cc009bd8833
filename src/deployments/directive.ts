/**
 * The directive comment that tells what a vLLM file cannot: `# vram: gpu=rtx_3080_20 count=2 memory=19.5 vllm=0.8.5`, and of the
 * machine `host-memory=128 env.VLLM_PP_LAYER_PARTITION=20,16`. It may stand on any line, alone or behind a value. The name of a card
 * may have blanks, with quotes or without.
 */
import { parseRelease } from '../vllm/release';
import type { DeploymentProblem, GpuHint, Host, TextRange } from './deployment';

export interface Directives {
  readonly gpuHints: readonly GpuHint[];
  readonly vllmVersion: string | null;
  readonly host: Host;
  readonly problems: readonly DeploymentProblem[];
}

/** The keys of the directive, as messages list them. */
const KEYS = 'gpu, count, memory, vllm, host-memory and env.NAME';
const DIRECTIVE = /(?:^|[ \t])#[ \t]*vram:[ \t]*([\w.-]+[ \t]*=[^\r\n]*)/gim;
const SETTING =
  /(env\.\w+|[\w-]+)[ \t]*=[ \t]*(?:"([^"]*)"|'([^']*)'|((?<=env\.\w+[ \t]*=[ \t]*)[^\s;"']*|[^\s,;"']*(?:(?<=\bgpu[ \t]*=[^=]*)[ \t]+[\w.()-]+(?![\w.-]*[ \t]*=))*))/gi;

/** A directive is a few words; what stands further out is none of it. */
const LONGEST = 300;

/** `env.NAME`; names of variables keep their case. */
const VARIABLE = /^env\.(?=\w+$)/i;

interface Setting {
  /** In lower case; of a variable as written. */
  readonly key: string;
  readonly value: string;
  readonly range: TextRange;
}

/** One directive's settings by key. */
function settingsIn(body: string, offset: number): readonly Setting[] {
  return [...body.slice(0, LONGEST).matchAll(SETTING)].map((match) => ({
    key: VARIABLE.test(match[1] ?? '') ? (match[1] ?? '') : (match[1] ?? '').toLowerCase(),
    value: (match[2] ?? match[3] ?? match[4]?.replace(/,$/, '') ?? '').trim(),
    range: { start: offset + match.index, end: offset + match.index + match[0].length },
  }));
}

/** A count of cards: a whole number from 1. Null otherwise. */
function gpuCountOf(text: string): number | null {
  return /^[1-9]\d{0,4}$/.test(text) ? Number(text) : null;
}

/** Memory in GiB, with or without the unit. Null when it is no positive size. */
function memoryGibOf(text: string): number | null {
  const match = /^(\d{1,5}(?:\.\d+)?)\s*(?:gib|gb|g)?$/i.exec(text);
  const value = match ? Number(match[1]) : 0;
  return value > 0 ? value : null;
}

/** Why a directive's setting cannot be used; null when it can. */
function complaint({ key, value }: Setting): string | null {
  if (VARIABLE.test(key)) return null;
  switch (key) {
    case 'gpu':
      return value === '' ? 'gpu needs a name: a key such as rtx_4090 or a name such as "NVIDIA L40S".' : null;
    case 'count':
      return gpuCountOf(value) === null ? `count=${value} is no number of GPUs: a whole number from 1 is needed.` : null;
    case 'memory':
      return memoryGibOf(value) === null ? `memory=${value} is no size: GiB per GPU as torch reports them are needed, such as 23.5.` : null;
    case 'host-memory':
      return memoryGibOf(value) === null ? `host-memory=${value} is no size: GiB of the machine's memory are needed, such as 128.` : null;
    case 'vllm':
      return parseRelease(value) === null ? `vllm=${value} is no version: one such as 0.8.5 is needed.` : null;
    default:
      return `${key} is not known in a vram directive: ${KEYS} are.`;
  }
}

/** Every `# vram:` directive of a file. Where one setting is given twice, the first stands. */
export function readDirectives(text: string): Directives {
  const gpuHints: GpuHint[] = [];
  const problems: DeploymentProblem[] = [];
  const environment = new Map<string, string>();
  let memoryGib: number | null = null;
  let vllmVersion: string | null = null;
  for (const match of text.matchAll(DIRECTIVE)) {
    const body = (match[1] ?? '').trimEnd();
    const offset = match.index + match[0].length - (match[1] ?? '').length;
    const usable = new Map<string, string>();
    for (const setting of settingsIn(body, offset)) {
      const message = complaint(setting);
      if (message !== null) problems.push({ kind: 'directive', message, range: setting.range });
      else if (!usable.has(setting.key)) usable.set(setting.key, setting.value);
    }
    const name = usable.get('gpu') ?? null;
    const count = gpuCountOf(usable.get('count') ?? '');
    const totalMemoryGib = memoryGibOf(usable.get('memory') ?? '');
    if (name !== null || count !== null || totalMemoryGib !== null) {
      const range = { start: match.index + match[0].indexOf('#'), end: offset + body.length };
      gpuHints.push({ name, count, totalMemoryGib, source: 'directive', range });
    }
    vllmVersion ??= usable.get('vllm') ?? null;
    memoryGib ??= memoryGibOf(usable.get('host-memory') ?? '');
    for (const [key, value] of usable) {
      const variable = key.replace(VARIABLE, '');
      if (variable !== key && !environment.has(variable)) environment.set(variable, value);
    }
  }
  return { gpuHints, vllmVersion, host: { memoryGib, environment }, problems };
}

/** A directive's words without the settings named, for who puts others in their place. */
export function withoutSettings(words: string, keys: ReadonlySet<string>): string {
  const parts = settingsIn(words, 0).filter(({ key }) => keys.has(key));
  const rest = parts.reduceRight((left, { range }) => left.slice(0, range.start) + left.slice(range.end).replace(/^[ \t]*,/, ''), words);
  return rest.replace(/[ \t]+/g, ' ').trim();
}
