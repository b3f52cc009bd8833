/** Begins each line that the measuring suite prints for `benchmark/speed.ts`. */
export const mark = 'BENCHMARK ';

/** A config that does not fit its card, so that changes to it are tried, with one mapping in braces over `lines` lines. */
export function refusedFile(lines: number): string {
  const options = Array.from({ length: lines }, (_, index) => `  "option_${index}": { "value": ${index}, "note": "kept for the record" }`);
  return `# vram: gpu=rtx_4090 vllm=0.19.0\nmodel: deepseek-ai/DeepSeek-V3\nhf-overrides: {\n${options.join(',\n')}\n}\n`;
}

/** A vLLM config of about `lines` lines, comments and nested values as people write them; the same text every time. */
export function vllmFile(lines: number, withMistake: boolean): string {
  const head = [
    '# vram: gpu=h100_80 count=2 vllm=0.19.0',
    '# 生产环境配置 / production',
    'model: meta-llama/Llama-3.1-8B-Instruct',
    'tensor-parallel-size: 2',
    'gpu-memory-utilization: 0.9',
    'max-num-seqs: 256',
    'enable-prefix-caching: true',
    ...(withMistake ? ['max-num-batched-tokens: 1k5'] : []),
    'hf-overrides:',
  ];
  const tail = ['max-model-len: 32768', 'dtype: bfloat16', 'served-model-name: chat'];
  const body: string[] = [];
  for (let index = 0; body.length < lines - head.length - tail.length; index += 1) {
    body.push(
      index % 4 === 0
        ? `  # section ${index / 4}: what the team agreed on`
        : `  option_${index}: { value: ${index}, note: "kept for the record" }`,
    );
  }
  return `${[...head, ...body, ...tail].join('\n')}\n`;
}
