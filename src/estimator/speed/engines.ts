/** Inference engines of the public contract. */
export const ENGINES = ['vllm', 'sglang', 'tensorrt_llm', 'llama_cpp', 'transformers', 'mlx', 'exllama'] as const;
/** Engines that published tables name besides those; accepted, with their own constants. */
export const FURTHER_ENGINES = ['nim', 'lmdeploy', 'gpt_fast', 'mlc_llm', 'autoawq', 'litgpt', 'ctranslate2'] as const;

export type Engine = (typeof ENGINES)[number] | (typeof FURTHER_ENGINES)[number];

/** The engines as their makers write them. */
export const ENGINE_NAMES: Readonly<Record<Engine, string>> = {
  vllm: 'vLLM',
  sglang: 'SGLang',
  tensorrt_llm: 'TensorRT-LLM',
  llama_cpp: 'llama.cpp',
  transformers: 'Transformers',
  mlx: 'MLX',
  exllama: 'ExLlama',
  nim: 'NIM',
  lmdeploy: 'LMDeploy',
  gpt_fast: 'gpt-fast',
  mlc_llm: 'MLC LLM',
  autoawq: 'AutoAWQ',
  litgpt: 'LitGPT',
  ctranslate2: 'CTranslate2',
};

/** Engines and their generations that differ in how they launch work; each has its own constants. */
export type EngineProfileId =
  | 'vllm_v0'
  | 'vllm_v1'
  | 'vllm_plugin'
  | 'sglang'
  | 'tensorrt_llm'
  | 'nim'
  | 'llama_cpp'
  | 'transformers_old'
  | 'transformers_new'
  | 'mlx'
  | 'exllama'
  | 'lmdeploy'
  | 'gpt_fast'
  | 'mlc_llm'
  | 'autoawq'
  | 'litgpt'
  | 'ctranslate2';

/** Other names of the engines, as tools and tables write them (letters and digits only, lower case). */
const ALIASES: Readonly<Record<string, Engine>> = {
  trtllm: 'tensorrt_llm',
  ollama: 'llama_cpp',
  hf: 'transformers',
  huggingface: 'transformers',
  hftransformers: 'transformers',
  mlxlm: 'mlx',
  autogptq: 'transformers',
  onnx: 'transformers',
  pytorchlightning: 'transformers',
  deepspeed: 'lmdeploy',
  mlc: 'mlc_llm',
  ctranslate: 'ctranslate2',
};

/** Names inside longer ones ("vllm-ascend", "TensorRT-LLM (NIM)", "llama.cpp CUDA", "AutoAWQ GEMM"), the narrower before the wider. */
const WITHIN: readonly (readonly [RegExp, Engine])[] = [
  [/\bnim\b/, 'nim'],
  [/\bctransformers\b/, 'llama_cpp'],
  [/\boptimum\b/, 'transformers'],
  [/vllm\b/, 'vllm'],
  [/\bsglang\b/, 'sglang'],
  [/\b(tensorrt|trt ?llm)\b/, 'tensorrt_llm'],
  [/\b(llama ?cpp|ollama|llamafile|koboldcpp|lm studio)\b/, 'llama_cpp'],
  [/\bautoawq\b/, 'autoawq'],
  [/\bexllama/, 'exllama'],
  [/\bmlx\b/, 'mlx'],
  [/\bgpt ?fast\b/, 'gpt_fast'],
  [/\bmlc\b/, 'mlc_llm'],
  [/\b(lmdeploy|turbomind)\b/, 'lmdeploy'],
  [/\b(lit ?gpt|lightning)\b/, 'litgpt'],
  [/\bctranslate/, 'ctranslate2'],
  [/\btransformers\b/, 'transformers'],
];

/** The engine a name means, whatever its writing ("TensorRT-LLM", "llama.cpp", "ollama"); null when unknown. */
export function findEngine(name: string): Engine | null {
  const words = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();
  const wanted = words.replace(/ /g, '');
  return (
    [...ENGINES, ...FURTHER_ENGINES].find((engine) => engine.replace(/_/g, '') === wanted) ??
    ALIASES[wanted] ??
    WITHIN.find(([pattern]) => pattern.test(words))?.[1] ??
    null
  );
}

/** An engine as its makers write it; a name that means none stays as it is. */
export function engineName(name: string): string {
  const engine = findEngine(name);
  return engine === null ? name : ENGINE_NAMES[engine];
}

/** Whether a program calls the engine instead of a server: the first token's fixed cost is then part of the forward pass that its tables time. */
export function isLibrary(engine: Engine): boolean {
  return engine === 'transformers' || engine === 'autoawq' || engine === 'litgpt';
}

/** vLLM's second engine (V1) became the default in 0.8.0. */
const VLLM_V1_SINCE: readonly [number, number] = [0, 8];
/** transformers rows up to 4.46 and from 4.51 differ by a quarter of the launch time; the change lies between. */
const TRANSFORMERS_NEW_SINCE: readonly [number, number] = [4, 47];

/**
 * First measured version of NIM whose waits are those of the TensorRT-LLM inside it: 1.8.0 answers 25 requests of 5,000 tokens in 0.7 s where
 * 1.0's scheduler, which lets a request wait for two thirds of the prompts before it, would take 3.7 s. Versions between are not measured.
 */
const NIM_LIKE_TENSORRT_LLM_SINCE: readonly [number, number] = [1, 8];

/**
 * The set of constants for an engine at a version.
 *
 * @param vendor of the accelerator: vLLM runs through a plugin on Ascend and Moore Threads cards, with its own launch cost.
 */
export function engineProfile(engine: Engine, version: string | null, vendor: string): EngineProfileId {
  const release = parseRelease(version);
  switch (engine) {
    case 'vllm':
      if (vendor === 'Huawei' || vendor === 'Moore Threads') return 'vllm_plugin';
      return isBefore(release, VLLM_V1_SINCE) ? 'vllm_v0' : 'vllm_v1';
    case 'transformers':
      return isBefore(release, TRANSFORMERS_NEW_SINCE) ? 'transformers_old' : 'transformers_new';
    case 'nim':
      return release === null || isBefore(release, NIM_LIKE_TENSORRT_LLM_SINCE) ? 'nim' : 'tensorrt_llm';
    default:
      return engine;
  }
}

/** Whether versions of an engine differ so much that they have constants of their own. */
export function hasGenerations(engine: Engine): boolean {
  return engine === 'vllm' || engine === 'transformers' || engine === 'nim';
}

/** First versions whose small-batch products load through Hopper's asynchronous copies; before, kernels were those of Ampere. */
const HOPPER_KERNELS_SINCE: Partial<Record<Engine, readonly [number, number]>> = {
  vllm: [0, 8],
  sglang: [0, 5],
  tensorrt_llm: [0, 0],
  nim: [0, 0],
};

/** Whether an engine at a version has kernels of its own for Hopper. */
export function hasHopperKernels(engine: Engine, version: string | null): boolean {
  const since = HOPPER_KERNELS_SINCE[engine];
  return since !== undefined && !isBefore(parseRelease(version), since);
}

/** First minor version of SGLang of which nothing is measured on B300; 0.5.10 had no kernels for latent attention tuned for it. */
const SGLANG_UNMEASURED_SINCE: readonly [number, number] = [0, 6];

/** Whether an engine at a version is known, or must be taken, to have kernels for latent attention tuned for Blackwell Ultra; an unstated version is one measured. */
export function hasBlackwellUltraKernels(engine: Engine, version: string | null): boolean {
  const release = parseRelease(version);
  return engine !== 'sglang' || (release !== null && !isBefore(release, SGLANG_UNMEASURED_SINCE));
}

/** Engines that admit a request only when its whole output has room in the KV cache (TensorRT-LLM's default, GUARANTEED_NO_EVICT). */
export function reservesOutput(engine: Engine): boolean {
  return engine === 'tensorrt_llm' || engine === 'nim';
}

/** Whether the context of a request falls out of the captured CUDA graphs: vLLM before 0.6 captured up to 8192 tokens. */
export function outsideGraphs(engine: Engine, version: string | null, context: number): boolean {
  return engine === 'vllm' && isBefore(parseRelease(version), [0, 6]) && context > 8192;
}

/** `major.minor` of a version; a year ("2023-11") counts as older than any release; null when it does not start with a number. */
function parseRelease(version: string | null): readonly [number, number] | null {
  const match = /(\d+)[.-](\d+)/.exec(version ?? '');
  if (!match) return null;
  const major = Number(match[1]);
  return major > 2000 ? [0, 0] : [major, Number(match[2])];
}

function isBefore(release: readonly [number, number] | null, bound: readonly [number, number]): boolean {
  if (!release) return false;
  return release[0] < bound[0] || (release[0] === bound[0] && release[1] < bound[1]);
}
