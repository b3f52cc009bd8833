/** Base models of ollama's `deepseek-r1` tags: the distillations by size; the full model has the tag 671b. */
const DEEPSEEK_R1: Readonly<Record<string, string>> = {
  '1.5b': 'DeepSeek-R1-Distill-Qwen-1.5B',
  '7b': 'DeepSeek-R1-Distill-Qwen-7B',
  '8b': 'DeepSeek-R1-Distill-Llama-8B',
  '14b': 'DeepSeek-R1-Distill-Qwen-14B',
  '32b': 'DeepSeek-R1-Distill-Qwen-32B',
  '70b': 'DeepSeek-R1-Distill-Llama-70B',
  '671b': 'DeepSeek-R1',
};

/** A library name, a tag that begins with a size ("8b", "30b-a3b", "e4b", "8x7b"), and what follows it ("-instruct-q4_K_M"). */
const TAG = /^([a-z][a-z0-9.-]*):(e?\d+(?:x\d+)?(?:\.\d+)?[bm])((?:-[a-z0-9_.]+)*)(?![a-z0-9])/i;

/**
 * The model behind an ollama tag, named as on the Hub: "llama3.2:3b" is Llama-3.2-3B, "deepseek-r1:14b" a distillation. Tags that
 * name a format ("…-q4_K_M") keep it as a GGUF file's; a tag of the size alone says nothing of the format.
 *
 * @returns null for names that are no ollama tag with a size.
 */
export function ollamaModel(name: string): string | null {
  const [, family, size, rest = ''] = TAG.exec(name.trim()) ?? [];
  if (family === undefined || size === undefined) return null;
  if (family.toLowerCase() === 'deepseek-r1') {
    const model = DEEPSEEK_R1[size.toLowerCase()];
    return model === undefined ? null : `${model}${rest}`;
  }
  // ollama writes llama3.2 and gemma3 where the Hub writes Llama-3.2 and gemma-3; Qwen's names have no dash.
  return `${family.replace(/^(llama|gemma|phi|granite)(\d)/i, '$1-$2')}-${size}${rest}`;
}
