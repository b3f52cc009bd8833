/** CPUs and boards without a GPU that machines are named by. A model's number may be a card's too: a Ryzen 5 7600 is no RX 7600. */
const PROCESSORS: readonly RegExp[] = [
  /\b(?:amd\s+)?ryzen(?!\s+ai\s+max)(?:\s+(?:ai|threadripper|pro|hx|z?\d))*(?:\s+(?:hx\s+|pro\s+)?\d{3,4}[a-z0-9]*)?\b/gi,
  /\b(?:amd\s+)?threadripper(?:\s+pro)?(?:\s+\d{4}[a-z]*)?\b/gi,
  /\b(?:amd\s+)?epyc(?:\s+[0-9][0-9a-z]*)?\b/gi,
  /\b(?:intel\s+)?xeon(?:\s+(?:platinum|gold|silver|bronze|phi|max|w|d))*(?:\s+[ewd]?\d?-?\d[\w+]*(?:\s+v\d)?)?/gi,
  /\b(?:intel\s+)?(?:core\s+)?i[3579][-\s]\d{3,5}[a-z0-9]*\b/gi,
  /\b(?:intel\s+)?core\s+(?:ultra\s+)?[3579]\s+\d{3}[a-z]*\b/gi,
  /\bintel\s+(?:processor\s+)?(?:n\d{2,3}|\d{3,5}[a-z]{1,2})\b/gi,
  /\b(?:celeron|pentium|atom)(?:\s+[a-z]?\d+[a-z]*)?\b/gi,
  /\b(?:ampere\s*one|ampere\s+altra|altra)(?:\s+max)?(?:\s+[am]\d+-\d+[a-z]?)?/gi,
  /\b(?:aws\s+)?graviton\s*\d?/gi,
  /\b(?:snapdragon|kunpeng|neoverse|cortex|rockchip|rk35\d\d|loongson|phytium|power\s?(?:9|10|11)\b)[\w-]*/gi,
  /\b(?:raspberry\s+pi|orange\s+pi|banana\s+pi|pi)\s+(?:cm|zero\s*)?\d+\+?(?!\w)/gi,
  /\b(?:raspberry|orange|banana)\s+pi\b/gi,
  /\bcpus?\b/gi,
];
/** What only names of GPUs say: a machine named by its CPU and an unknown GPU is not a CPU. */
const GPU_WORD = /\b(?:radeon|geforce|rtx|gtx|rx\s?\d|arc|instinct|quadro|tesla|gpu)\b/i;

/** The name without its CPUs and boards, which stand before the card: "Ryzen 9 7900X (Nvidia 4090)", "i9-13900K + RTX 4090". */
export function withoutProcessors(name: string): string {
  const text = PROCESSORS.reduce((rest, processor) => rest.replace(processor, ' '), name);
  if (text === name) return name;
  return text
    .split(/\s\+\s/)
    .filter((part) => /[a-z0-9]/i.test(part))
    .join(' + ');
}

/** Whether a name is that of a CPU or of a board without a GPU ("AMD Ryzen 9 7950X", "Raspberry Pi 5 - 8GB"). */
export function namesProcessor(name: string): boolean {
  const rest = withoutProcessors(name);
  return rest !== name && !GPU_WORD.test(rest);
}
