import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, extension, hoverText, lensText, open, positionOf, setting, until } from './support';

// What vLLM 0.8.5.post1 printed for this file on 2 x RTX 3080 20 GB: 79,040 tokens of KV cache, 19.30 requests of 4,096.
const PRINTED_TOKENS = 79_040;

describe('figures in the editor', () => {
  before(extension);
  afterEach(async () => {
    await setting('gpu', undefined);
    await setting('gpuCount', undefined);
    await setting('codeLens', undefined);
    await closeAll();
  });

  it('stand above a vLLM file: memory, KV cache tokens and requests at once', async () => {
    const { document } = await open('qwen3-8b.yaml');
    const text = await until('the verdict', async () => {
      const shown = await lensText(document);
      return /tokens/.test(shown) && shown;
    });
    const tokens = Number(/KV cache ([\d,]+) tokens/.exec(text)?.[1]?.replaceAll(',', ''));
    assert.ok(Math.abs(tokens / PRINTED_TOKENS - 1) < 0.05, text);
    assert.match(text, /RTX 3080/);
    assert.match(text, /GiB/);
    assert.match(text, /requests of 4,096/);
  });

  for (const [key, expected] of [
    ['max-model-len', /KV cache per GPU/],
    ['gpu-memory-utilization', /weights[\s\S]*KV cache/],
    ['cpu-offload-gb', /PCIe/],
    ['tensor-parallel-size', /GPU/],
    ['model', /Qwen3|qwen3/],
    ['block-size', /block/i],
  ] as const) {
    it(`stand in the hover of ${key}`, async () => {
      const { document } = await open('qwen3-8b.yaml');
      const text = await hoverText(document, positionOf(document, `${key}:`));
      assert.match(text, expected);
      assert.match(text, /\d/);
    });
  }

  it('that need no GPU are shown without one, and the GPU is offered', async () => {
    const { document } = await open('no-gpu.yaml');
    const text = await until('a lens', async () => {
      const shown = await lensText(document);
      return /weights/.test(shown) && shown;
    });
    assert.match(text, /Choose GPU/);
    assert.match(await hoverText(document, positionOf(document, 'max-model-len')), /GiB/);
  });

  it('come with the GPU of the workspace setting, without reloading', async () => {
    const { document } = await open('no-gpu.yaml');
    await setting('gpu', 'NVIDIA L40S');
    await until('the verdict for the L40S', async () => /tokens[\s\S]*L40S/.test(await lensText(document)));
  });

  it('are not invented for a model nobody knows', async () => {
    const { document } = await open('unknown-model.yaml');
    const text = await until('a lens', async () => {
      const shown = await lensText(document);
      return !/Looking up/.test(shown) && shown;
    });
    assert.doesNotMatch(text, /tokens|GiB/);
    assert.match(await hoverText(document, positionOf(document, 'model:')), /a-model-nobody-knows/);
  });

  it('can be turned off above the file', async () => {
    const { document } = await open('qwen3-8b.yaml');
    await until('the lenses', async () => (await lensText(document)) !== '');
    await setting('codeLens', false);
    await until('no lens', async () => (await lensText(document)) === '');
  });

  it('hover on the right key in a file with Chinese comments and CRLF', async () => {
    const { document } = await open('chinese-crlf.yaml');
    assert.equal(document.eol, vscode.EndOfLine.CRLF);
    assert.match(await hoverText(document, positionOf(document, 'max-model-len')), /4,096/);
    assert.equal(await hoverText(document, positionOf(document, '显存比例')), '');
  });
});
