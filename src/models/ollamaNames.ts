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

/**
 * The model behind an ollama tag, named as on the Hub: "llama3.2:3b" is Llama-3.2-3B, "deepseek-r1:14b" a distillation.
 *
 * @returns null for names that are no ollama tag with a size.
 */
export function ollamaModel(name: string): string | null {
  const match = /^([a-z][a-z0-9.-]*):((?:\d+x)?\d+(?:\.\d+)?[bm](?:-a\d+b)?)(?![a-z0-9])/i.exec(name.trim());
  const [, family, size] = match ?? [];
  if (family === undefined || size === undefined) return null;
  if (family.toLowerCase() === 'deepseek-r1') return DEEPSEEK_R1[size.toLowerCase()] ?? null;
  // ollama writes llama3.2 and gemma3 where the Hub writes Llama-3.2 and gemma-3; Qwen's names have no dash.
  return `${family.replace(/^(llama|gemma|phi|granite)(\d)/i, '$1-$2')}-${size}`;
}
