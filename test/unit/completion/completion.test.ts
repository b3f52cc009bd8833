import assert from 'node:assert/strict';
import { afterChoosing, completionsAt } from './marked';

const ON_4090 = '# vram: gpu=rtx_4090 vllm=0.27.1\nmodel: Qwen/Qwen3-8B\n';

function labels(marked: string): readonly string[] {
  return completionsAt(marked).map(({ label }) => label);
}

describe('completing keys', () => {
  it('offers what people reach for first', () => {
    assert.deepEqual(labels('|').slice(0, 4), ['model', 'max-model-len', 'gpu-memory-utilization', 'tensor-parallel-size']);
  });

  it('follows the spelling of the file', () => {
    assert.ok(labels('max_num_seqs: 4\nport: 1\n|').includes('max_model_len'));
    assert.ok(labels('max-num-seqs: 4\nport: 1\n|').includes('max-model-len'));
    assert.ok(labels('max-num-seqs: 4\nmax_m|').includes('max_model_len'));
  });

  it('leaves out what is there already, however it is spelled', () => {
    assert.ok(!labels('max_model_len: 1\n|').includes('max_model_len'));
    assert.ok(!labels('max_model: 1\n|').includes('max_model_len'));
  });

  it('replaces the word under the cursor and keeps its colon', () => {
    assert.equal(afterChoosing('max-m|', 'max-model-len'), 'max-model-len: ');
    assert.equal(afterChoosing('max-m|od: 4096\n', 'max-model-len'), 'max-model-len: 4096\n');
  });

  it('offers only what the version has', () => {
    assert.ok(labels('# vram: vllm=0.27.1\n|').includes('performance-mode'));
    assert.ok(!labels('# vram: vllm=0.10.0\n|').includes('performance-mode'));
    assert.ok(!labels('# vram: vllm=0.27.1\n|').includes('swap-space'));
  });

  it('offers to turn off what is on by itself', () => {
    assert.equal(afterChoosing('|', 'no-enable-prefix-caching'), 'no-enable-prefix-caching: true');
    assert.ok(!labels('|').includes('no-enforce-eager'));
    assert.ok(labels('no-e|').includes('no-enforce-eager'));
  });

  it('tells type, default, meaning and effect', () => {
    const item = completionsAt(`${ON_4090}max-model-len: 8192\nkv-|`).find(({ label }) => label === 'kv-cache-dtype');
    assert.equal(item?.detail, 'text, default auto');
    assert.equal(item?.documentation, 'Number format of the KV cache.');
    assert.match(item?.effect ?? '', /^fp8: .*2\.0× tokens per GiB/);
  });
});

describe('completing values', () => {
  it('offers the tensor-parallel sizes that divide the heads', () => {
    assert.deepEqual(labels(`${ON_4090}tensor-parallel-size: |`), ['1', '2', '4', '8', '16']);
    assert.deepEqual(labels('model: Qwen/Qwen2.5-7B-Instruct\ntensor-parallel-size: |'), ['1', '2', '4']);
  });

  it('says how many GPUs a size needs', () => {
    const item = completionsAt(`# vram: gpu=l40s count=2\nmodel: Qwen/Qwen3-8B\ntensor-parallel-size: |`).find(
      ({ label }) => label === '4',
    );
    assert.equal(item?.detail, 'needs 4 GPUs');
  });

  it('offers context lengths that fit, the longest among them', () => {
    const items = completionsAt('# vram: gpu=rtx_4090 vllm=0.27.1\nmodel: meta-llama/Llama-3.1-8B-Instruct\nmax-model-len: |');
    const lengths = items.map(({ label }) => Number(label)).filter((length) => !Number.isNaN(length));
    const longest = items.find(({ detail }) => detail === 'the longest that surely fits');
    assert.ok(longest && Number(longest.label) === Math.max(...lengths));
    assert.ok(Math.max(...lengths) < 131072);
    assert.ok(items.every(({ label, effect }) => label === 'auto' || /^fits, \d/.test(effect ?? '')));
  });

  it('offers quantization methods that checkpoint and GPU accept', () => {
    assert.ok(labels(`${ON_4090}quantization: |`).includes('fp8'));
    assert.ok(!labels(`${ON_4090}quantization: |`).includes('awq'));
    const awq = labels('# vram: gpu=rtx_4090\nmodel: Qwen/Qwen3-8B-AWQ\nquantization: |');
    assert.equal(awq[0], 'awq');
    assert.ok(awq.includes('awq_marlin') && !awq.includes('gptq'));
    assert.ok(!labels('# vram: gpu=v100_32_sxm vllm=0.15.1\nmodel: Qwen/Qwen3-8B\nquantization: |').includes('fp8'));
  });

  it('leaves out choices that vLLM would refuse here', () => {
    assert.ok(labels('model: Qwen/Qwen3-8B\nkv-cache-dtype: |').includes('nvfp4'));
    assert.ok(!labels('model: deepseek-ai/DeepSeek-V2-Lite-Chat\nkv-cache-dtype: |').includes('nvfp4'));
    assert.ok(!labels('# vram: gpu=t4\nmodel: Qwen/Qwen3-8B\ndtype: |').includes('bfloat16'));
  });

  it('says what becomes of false', () => {
    const items = completionsAt('enable-prefix-caching: |');
    assert.deepEqual(
      items.map(({ label, detail }) => [label, detail]),
      [
        ['true', ''],
        ['false', 'dropped; write no-enable-prefix-caching: true'],
      ],
    );
  });

  it('offers model ids and keeps the comment behind', () => {
    assert.equal(afterChoosing('model: Qwen3-8|  # ours\n', 'Qwen/Qwen3-8B'), 'model: Qwen/Qwen3-8B  # ours\n');
  });

  it('offers the fields of arguments that hold JSON, and their values', () => {
    assert.deepEqual(labels('speculative-config:\n  |').slice(0, 2), ['num_speculative_tokens', 'model']);
    assert.ok(!labels('speculative-config:\n  method: ngram\n  |').includes('method'));
    assert.ok(labels('speculative-config:\n  method: |').includes('ngram'));
    assert.deepEqual(labels('compilation-config:\n  cudagraph_mode: F|'), [
      'NONE',
      'PIECEWISE',
      'FULL',
      'FULL_DECODE_ONLY',
      'FULL_AND_PIECEWISE',
    ]);
    assert.ok(labels('hf-overrides:\n  |').includes('rope_parameters'));
    assert.ok(labels('kv-transfer-config:\n  kv_connector: |').includes('NixlConnector'));
  });
});

describe('where nothing is offered', () => {
  for (const [where, marked] of Object.entries({
    'in comments': '# mod|\nmodel: a/b\n',
    'behind a comment sign': 'port: 8000  # p|\n',
    'in quoted text': "speculative-config: '{\"me|'\n",
    'in text blocks': 'chat-template: |-\n  {% for m|'.replace('|-', '>-'),
    'in lists': 'lora-modules:\n  - a|\n',
    'right behind the colon': 'port:|',
    'for unknown keys': 'foo: |',
  })) {
    it(where, () => {
      assert.deepEqual(labels(marked), []);
    });
  }
});
