import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import { describe, it } from 'mocha';
import { answerServing } from '../../../src/analysis/plan';
import { formOfReport } from '../../../src/analysis/scenario';
import { simulateStartup } from '../../../src/vllm/startup/simulate';
import { INFERENCE_DEFAULTS } from '../../../webview/fields/inference';
import { servingVerdict } from '../../../webview/views/servingVerdict';
import { OUTCOME_WORDS } from '../../../webview/words';
import { analysisOf } from '../analysis/estimates';
import { assertAgreement, QUANTITIES, saidOf, surfacesOf } from './surfaces';

/** A file whose keys show every quantity. */
function file(model: string, length: number, requests: number): string {
  return [
    '# vram: gpu=rtx_4090 count=2',
    `model: ${model}`,
    'tensor-parallel-size: 2',
    `max-model-len: ${length}`,
    'gpu-memory-utilization: 0.92',
    `max-num-seqs: ${requests}`,
    'max-num-batched-tokens: 4096',
    'kv-cache-dtype: bfloat16',
    '',
  ].join('\n');
}

describe('one number', () => {
  it('is the same on every face, whatever the file', async () => {
    for (const model of ['Qwen/Qwen3-8B', 'Qwen/Qwen3-14B', 'meta-llama/Llama-3.1-8B-Instruct', 'google/gemma-3-12b-it'])
      for (const length of [512, 1000, 4096, 8192, 12_345, 32_768, 40_960])
        assertAgreement(surfacesOf(await analysisOf(file(model, length, 64))));
  });

  it('is the same on every face of the samples', async () => {
    for (const name of readdirSync('samples').filter((entry) => entry.endsWith('.yaml')))
      assertAgreement(surfacesOf(await analysisOf(readFileSync(path.join('samples', name), 'utf8'))));
  });

  it('is said of every quantity by two faces or more', async () => {
    const surfaces = surfacesOf(await analysisOf(file('Qwen/Qwen3-8B', 4096, 64)));
    for (const quantity of QUANTITIES)
      assert.ok(saidOf(quantity, surfaces).size >= 2, `${quantity}: ${[...saidOf(quantity, surfaces).keys()].join()}`);
    for (const surface of ['hover', 'CodeLens', 'tooltip', 'inlay hints', 'terminal', 'report'])
      assert.ok(saidOf('requests at once', surfaces).has(surface), surface);
    assert.deepEqual([...saidOf('memory in use', surfaces).keys()], ['CodeLens', 'status bar', 'tooltip', 'terminal', 'report']);
  });
});

describe('whether vLLM starts', () => {
  /** How the planner begins its verdict on a file that it has not changed. */
  async function planned(text: string): Promise<string> {
    const { deployment, report, gpu, facts } = await analysisOf(text);
    assert.ok(report && facts, text);
    const form = formOfReport(report, facts.id, INFERENCE_DEFAULTS);
    const answer = answerServing({ form, fileForm: form, fileArgs: deployment.args, facts, gpu }, simulateStartup);
    return servingVerdict(answer, form, facts).headline;
  }

  /** The words by the planner's headline; of what surely fails it names the reason alone. */
  const WORDS: readonly (readonly [RegExp, string])[] = [
    [/^Starts\b/, 'starts'],
    [/^Probably starts\b/, 'probably starts'],
    [/^Would probably not start: /, 'would probably not start'],
    [new RegExp(`^(?:${Object.values(OUTCOME_WORDS).join('|')})$`), 'would not start'],
  ];

  it('is worded alike in the editor, in reports and in the planner', async () => {
    const told = new Set<string>();
    const lengths = Array.from({ length: 33 }, (_, step) => 32_768 + 1024 * step);
    for (const model of ['meta-llama/Llama-3.1-8B-Instruct', 'acme/Llama-8B'])
      for (const length of lengths) {
        const text = `# vram: gpu=rtx_4090\nmodel: ${model}\nmax-model-len: ${length}\n`;
        const headline = await planned(text);
        const words = WORDS.find(([pattern]) => pattern.test(headline))?.[1] ?? assert.fail(headline);
        told.add(words);
        const surfaces = surfacesOf(await analysisOf(text));
        for (const name of ['CodeLens', 'status bar', 'tooltip', 'terminal', 'report']) {
          const said =
            /(?:probably |would |not )*starts?\b/i.exec(surfaces.get(name)?.split('\n').slice(0, 5).join('\n') ?? '')?.[0] ?? 'starts';
          assert.equal(said.toLowerCase(), words, `${length}, ${name}: ${surfaces.get(name)?.slice(0, 300)}`);
        }
      }
    assert.equal(told.size, 4, [...told].join());
  });
});
