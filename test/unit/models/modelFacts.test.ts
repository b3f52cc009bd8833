import assert from 'node:assert/strict';
import { factSheet } from '../../../src/models/factSheet';
import { modelFactsMarkdown } from '../../../src/report/modelFacts';
import type { ModelFacts } from '../../../src/models/source';
import { catalogue } from './support';

function known(id: string): ModelFacts {
  const facts = catalogue.find(id);
  assert.ok(facts, id);
  return facts;
}

describe('the fact sheet of a model', () => {
  it('has the KV bytes per token that vLLM pays', () => {
    // 8 KV heads x 128 x (K and V) x 2 bytes x 36 layers.
    assert.equal(factSheet(known('Qwen/Qwen3-8B')).kvBytesPerToken, 147456);
    // One latent of 512 + 64 in 16 bit in each of 61 layers (DeepSeek-V3 technical report: 70 KB per token).
    assert.equal(factSheet(known('deepseek-ai/DeepSeek-V3')).kvBytesPerToken, 61 * 576 * 2);
  });

  it('keeps windows and states apart from what grows', () => {
    const gemma = factSheet(known('google/gemma-3-27b-it'));
    assert.equal(gemma.kvBytesPerToken, 10 * 16 * 256 * 2);
    assert.equal(gemma.boundedBytesPerRequest, 52 * 1024 * 16 * 256 * 2);
    const mamba = factSheet(known('state-spaces/mamba-2.8b-hf'));
    assert.equal(mamba.kvBytesPerToken, 0);
    assert.ok(mamba.boundedBytesPerRequest > 0);
  });

  it('adds up to all parameters and, in 16 bit, to all bytes', () => {
    for (const id of ['Qwen/Qwen3-30B-A3B', 'google/gemma-3-4b-it', 'openai/gpt-oss-20b']) {
      const sheet = factSheet(known(id));
      assert.equal(
        sheet.groups.reduce((sum, { parameters }) => sum + (parameters ?? 0), 0),
        sheet.facts.parameters,
        id,
      );
    }
    assert.equal(factSheet(known('Qwen/Qwen2.5-7B-Instruct')).totalBytes, 15231233024);
    assert.equal(factSheet(known('openai/gpt-oss-20b')).totalBytes, null);
  });

  it('shows exact bytes, and groups that only the weights know', () => {
    const facts = known('Qwen/Qwen3-8B');
    const measured = {
      ...facts,
      model: {
        ...facts.model,
        exactBytes: new Map([
          ['mlp', 1024],
          ['mtp', 2048],
        ]),
      },
    };
    const sheet = factSheet(measured);
    assert.deepEqual([sheet.totalBytes, sheet.bytesAreExact], [3072, true]);
    assert.deepEqual(
      sheet.groups.find(({ group }) => group === 'mtp'),
      { group: 'mtp', parameters: null, bytes: 2048 },
    );
  });
});

describe('the page of model facts', () => {
  it('names layers, groups, cache, source and assumptions', () => {
    const page = modelFactsMarkdown(known('Qwen/Qwen3-Next-80B-A3B-Instruct'));
    for (const part of [
      '79,674,391,296',
      '36 x gated delta net',
      '12 x attention with 16 heads, 2 KV heads of 256',
      '| experts | 77,309,411,328 | 97 %',
      '24.0 KiB in bfloat16',
      '262,144 tokens',
      'From the built-in catalogue',
    ]) {
      assert.ok(page.includes(part), `${part} is missing`);
    }
  });

  it('lists what was assumed', () => {
    const facts = catalogue.findByName('someone/Qwen3-8B-AWQ');
    assert.ok(facts);
    const page = modelFactsMarkdown(facts);
    assert.match(page, /Assumed:\n\n- architecture of Qwen\/Qwen3/);
    assert.match(page, /derived: see what was assumed/);
  });

  it('shows a hostile id as plain text', () => {
    const page = modelFactsMarkdown({ ...known('Qwen/Qwen3-8B'), id: '[x](command:evil) <img src=x>', origin: '`](command:evil)' });
    assert.ok(page.startsWith('# \\[x\\](command&#58;evil)') || page.startsWith('# \\[x\\]\\(command&#58;evil\\)'), page.slice(0, 60));
    assert.ok(page.includes('`` `](command:evil) ``'), 'the origin stays inside its code span');
    assert.ok(!page.includes('<img'));
  });
});
