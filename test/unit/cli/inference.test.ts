import * as assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { EXIT } from '../../../src/cli/command';
import { cli } from './terminal';

const GOOD = { gpu_key: 'rtx_4090', llm_key: 'Qwen/Qwen3-8B', quantization: 'fp8' };

describe('inference on the command line', () => {
  it('answers one request with an object, several line by line', async () => {
    const one = await cli(['inference', '-'], JSON.stringify(GOOD));
    assert.equal(one.code, EXIT.ok);
    assert.ok((JSON.parse(one.out) as { readonly tpot_ms: number }).tpot_ms > 0);
    const several = await cli(['inference', '-'], `${JSON.stringify(GOOD)}\n${JSON.stringify({ ...GOOD, gpu_key: 'rtx_409' })}\n`);
    assert.equal(several.code, EXIT.unusable);
    const lines = several.out.trim().split('\n');
    assert.equal(lines.length, 2);
    assert.match(lines[1] ?? '', /did you mean \\"rtx_4090\\"/);
  });

  it('says by its exit code that something does not fit', async () => {
    const { code, out } = await cli(['inference', '-'], JSON.stringify({ ...GOOD, llm_key: 'meta-llama/Llama-3.1-405B-Instruct' }));
    assert.equal(code, EXIT.doesNotFit);
    assert.match(out, /"memory_status": "insufficient"/);
  });
});

describe('gpus and llms', () => {
  it('list what is known, or the one that a name means', async () => {
    const all = JSON.parse((await cli(['gpus'])).out) as readonly { readonly key: string }[];
    assert.ok(all.length > 160);
    const one = JSON.parse((await cli(['gpus', 'NVIDIA', 'A100-SXM4-80GB'])).out) as { readonly key: string };
    assert.equal(one.key, 'a100_80');
    const unknown = await cli(['gpus', 'rtx_409']);
    assert.equal(unknown.code, EXIT.unusable);
    assert.match(unknown.errors, /rtx_4090/);
    const models = JSON.parse((await cli(['llms', 'qwen3', '8b'])).out) as readonly { readonly key: string }[];
    assert.ok(models.some(({ key }) => key === 'Qwen/Qwen3-8B'));
  });
});

describe('compare on the command line', () => {
  it('answers with the responses side by side', async () => {
    const { code, out } = await cli(
      ['compare', '-'],
      JSON.stringify({ calculation_type: 'finetuning', configurations: [{ gpu_key: 'h100_80', llm_key: 'Qwen/Qwen3-8B' }] }),
    );
    assert.equal(code, EXIT.ok);
    assert.equal((JSON.parse(out) as { readonly comparisons: readonly object[] }).comparisons.length, 1);
  });
});
