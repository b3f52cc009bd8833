/**
 * A cheap look at a file before anything parses it: does it configure a vLLM engine?
 * One regular expression over the lines that start at the left margin; no YAML, no argument table.
 */

/**
 * Keys that only vLLM's own configuration is likely to have at its top level, hyphenated. Two of them decide.
 * Chosen by counting 418 real configuration files, 90 of them look-alikes (recall .98, precision 1.00 with the veto below).
 */
const DISTINCTIVE_KEYS: ReadonlySet<string> = new Set([
  'compilation-config',
  'cpu-offload-gb',
  'data-parallel-size',
  'enable-auto-tool-choice',
  'enable-chunked-prefill',
  'enable-expert-parallel',
  'enable-prefix-caching',
  'enforce-eager',
  'gpu-memory-utilization',
  'kv-cache-dtype',
  'kv-transfer-config',
  'limit-mm-per-prompt',
  'max-cudagraph-capture-size',
  'max-model-len',
  'max-num-batched-tokens',
  'max-num-seqs',
  'mm-processor-cache-gb',
  'no-enable-prefix-caching',
  'pipeline-parallel-size',
  'reasoning-parser',
  'served-model-name',
  'speculative-config',
  'swap-space',
  'tensor-parallel-size',
  'tool-call-parser',
  'uvicorn-log-level',
]);

/** Engine keys that other tools share: they decide only beside a model in a file that has "vllm" in its path. */
const SUPPORTING_KEYS: ReadonlySet<string> = new Set([
  'block-size',
  'disable-log-requests',
  'disable-log-stats',
  'dtype',
  'enable-lora',
  'load-format',
  'quantization',
  'trust-remote-code',
]);

/** Top-level keys that belong to other programs: Kubernetes, compose, training frameworks, Hydra. */
const VETO_KEYS: ReadonlySet<string> = new Set([
  '-target-',
  'actor-rollout-ref',
  'adam-b1',
  'apiVersion',
  'base-model',
  'datasets',
  'defaults',
  'fsdp-config',
  'learning-rate',
  'lora-r',
  'micro-batch-size',
  'model-name-or-path',
  'optimizer',
  'services',
]);

/** `# vram: gpu=rtx_4090 count=2` and the other settings of the directive; other comments that mention VRAM have no `name=value`. */
const DIRECTIVE = /^[^\n]*#[ \t]*vram:[ \t]*(?:gpu|count|memory|vllm|host-memory|env\.\w+)[ \t]*=/im;

const OWN_FILE_NAME = /\.vllm\.ya?ml$/i;
const YAML_FILE_NAME = /\.ya?ml$/i;
/** A key at the margin `indent`, with the rest of its line. */
const KEY_LINE = /^([ \t]*)(?:"([\w.-]+)"|'([\w.-]+)'|([\w.-]+))[ \t]*:(?=\s|$)(.*)$/gm;

interface TopLevelKeys {
  /** Hyphenated, in order, with duplicates. */
  readonly names: readonly string[];
  /** `model:` has a value on its own line. */
  readonly hasModel: boolean;
}

/** The keys of the outermost mapping, guessed from the lines with the indentation of the first key. */
function topLevelKeys(text: string): TopLevelKeys {
  const names: string[] = [];
  let margin: string | null = null;
  let hasModel = false;
  for (const match of text.replace(/^\ufeff/, '').matchAll(KEY_LINE)) {
    margin ??= match[1] ?? '';
    if (match[1] !== margin) continue;
    const name = (match[2] ?? match[3] ?? match[4] ?? '').replaceAll('_', '-');
    names.push(name);
    if (name === 'model' && /^[ \t]*[^\s#&*{[|>]/.test(match[5] ?? '')) hasModel = true;
  }
  return { names, hasModel };
}

/**
 * Whether a file is a flat vLLM configuration (`vllm serve --config`).
 * @param path as the workspace shows it, relative to its folder: "vllm" in it counts as evidence.
 */
export function looksLikeVllm(path: string, text: string): boolean {
  if (!YAML_FILE_NAME.test(path)) return false;
  const { names, hasModel } = topLevelKeys(text);
  if (names.some((name) => VETO_KEYS.has(name))) return false;
  if (OWN_FILE_NAME.test(path) || DIRECTIVE.test(text)) return true;
  const distinctive = new Set(names.filter((name) => DISTINCTIVE_KEYS.has(name))).size;
  if (distinctive >= 2) return true;
  const namesVllm = /vllm/i.test(path);
  if (distinctive === 1) return hasModel || namesVllm;
  return hasModel && namesVllm && names.some((name) => SUPPORTING_KEYS.has(name));
}

/**
 * The weaker question for a file that a person named as a vLLM configuration: nothing speaks against it,
 * and it has a key of vLLM's or a model among keys of which `isKnown` knows at least half.
 */
export function couldBeVllm(path: string, text: string, isKnown: (name: string) => boolean): boolean {
  if (looksLikeVllm(path, text)) return true;
  const { names, hasModel } = topLevelKeys(text);
  if (names.some((name) => VETO_KEYS.has(name))) return false;
  if (names.some((name) => DISTINCTIVE_KEYS.has(name))) return true;
  return hasModel && names.filter(isKnown).length * 2 >= names.length;
}
