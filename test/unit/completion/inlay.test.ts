import assert from 'node:assert/strict';
import { inlayHints } from '../../../src/report/inlay';
import { analysisOf } from './marked';

/** The hints written into the text, `«label»` behind each value. */
function shown(text: string): string {
  return [...inlayHints(analysisOf(text))]
    .reverse()
    .reduce((result, { offset, label }) => `${result.slice(0, offset)} «${label}»${result.slice(offset)}`, text);
}

describe('remarks behind values', () => {
  it('resolves sizes', () => {
    assert.equal(shown('max-num-batched-tokens: 8K\n'), 'max-num-batched-tokens: 8K «= 8,192»\n');
    assert.equal(shown('max-num-batched-tokens: 8k  # small\n'), 'max-num-batched-tokens: 8k «= 8,000»  # small\n');
    assert.equal(shown('max-num-batched-tokens: 8192\n'), 'max-num-batched-tokens: 8192\n');
  });

  it('turns the share into GiB and the length into KV cache', () => {
    // 23.53 GiB x 0.9; 40,960 tokens x 147,456 B (36 layers x 8 KV heads x 128 x 2 x 2 B) of Qwen3-8B.
    const text = '# vram: gpu=rtx_4090 memory=23.53\nmodel: Qwen/Qwen3-8B\ngpu-memory-utilization: 0.9\nmax-model-len: 40960\n';
    assert.ok(shown(text).includes('gpu-memory-utilization: 0.9 «21.18 GiB per GPU»'));
    assert.ok(shown(text).includes('max-model-len: 40960 «5.63 GiB KV cache per request»'));
  });

  it('resolves auto', () => {
    assert.ok(shown('model: Qwen/Qwen3-8B\ndtype: auto\n').includes('dtype: auto «bfloat16»'));
  });

  it('says nothing behind values that vLLM drops', () => {
    assert.equal(
      shown('max-num-batched-tokens: 8K\nmax_num_batched_tokens: 4096\n'),
      'max-num-batched-tokens: 8K\nmax_num_batched_tokens: 4096\n',
    );
  });
});
