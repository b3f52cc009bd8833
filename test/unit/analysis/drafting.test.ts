import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { draftEdits } from '../../../src/analysis/drafting';
import { INFERENCE_DEFAULTS } from '../../../src/analysis/inferenceDefaults';
import { answerServing } from '../../../src/analysis/plan';
import { formOfReport } from '../../../src/analysis/scenario';
import { servingSpeed } from '../../../src/analysis/speed';
import { draftingOf, tokensPerStep } from '../../../src/estimator/speed/drafting';
import { findGpu } from '../../../src/estimator/hardware/catalogue';
import type { ArgumentValue } from '../../../src/vllm/arguments';
import { NEWEST_VERSION } from '../../../src/vllm/versions';
import { simulateStartup } from '../../../src/vllm/startup/simulate';
import { catalogue } from '../speed/setups';

const MODEL = 'meta-llama/Llama-3.1-8B-Instruct';
const facts = catalogue.find(MODEL) ?? assert.fail(MODEL);
const card = findGpu('l40s') ?? assert.fail('l40s');
const gpu = { gpu: card, count: 1, totalMemoryGib: card.totalMemoryGib, freeMemoryGib: null, source: 'file' } as const;

const reported = (given: Readonly<Record<string, ArgumentValue>>) =>
  simulateStartup({
    model: facts.model,
    gpu,
    args: new Map<string, ArgumentValue>(Object.entries({ model: MODEL, 'max-model-len': 8192, ...given })),
    version: NEWEST_VERSION,
  });

const speedOf = (given: Readonly<Record<string, ArgumentValue>>) => servingSpeed(reported(given)) ?? assert.fail('no speed');

const drafting = (method: string, tokens: number, model?: string) => ({
  'speculative-config': { method, num_speculative_tokens: tokens, ...(model === undefined ? {} : { model }) },
});

describe('speculative-config', () => {
  it('speeds tokens up by what its method yields, and says what is assumed', () => {
    const plain = speedOf({});
    const [matched, head] = [speedOf(drafting('ngram', 4)), speedOf(drafting('eagle3', 4, 'someone/EAGLE3-Llama-3.1-8B'))];
    assert.ok(head.tpot_ms < matched.tpot_ms && matched.tpot_ms < plain.tpot_ms, `${head.tpot_ms}, ${matched.tpot_ms}, ${plain.tpot_ms}`);
    assert.ok(head.decode_tps_single_stream > plain.decode_tps_single_stream * 1.5);
    assert.match(matched.assumptions.join('\n'), /4 tokens drafted per step by matching earlier text, 43 % of them accepted \(10 to 75 %/);
    assert.doesNotMatch(plain.assumptions.join('\n'), /drafted/);
  });

  it('widens the range of speed by what is open about acceptance', () => {
    const width = ({
      range: {
        tpot_ms: [low, high],
      },
    }: ReturnType<typeof speedOf>): number => high / low;
    assert.ok(width(speedOf(drafting('ngram', 4))) > width(speedOf({})) * 1.5);
  });

  it('counts the time of a draft model by the size its name says', () => {
    const [small, large] = ['1B', '3B'].map((size) => speedOf(drafting('draft_model', 4, `meta-llama/Llama-3.2-${size}-Instruct`)).tpot_ms);
    assert.ok(small !== undefined && large !== undefined && small < large, `${small}, ${large}`);
  });

  it('counts its older short forms alike', () => {
    const long = speedOf(drafting('ngram', 3));
    assert.equal(speedOf({ 'spec-method': 'ngram', 'spec-tokens': 3 }).tpot_ms, long.tpot_ms);
  });

  it('keeps its method and model when the planner drafts more tokens', () => {
    const args = new Map<string, ArgumentValue>([
      ['speculative-config', '{"method": "eagle3", "model": "a/b", "num_speculative_tokens": 2}'],
    ]);
    assert.deepEqual(draftEdits(args, 3), {
      set: { 'speculative-config': { method: 'eagle3', model: 'a/b', num_speculative_tokens: 3 } },
      remove: [],
    });
    assert.deepEqual(draftEdits(args, 0), { set: {}, remove: ['speculative-config'] });
    assert.deepEqual(draftEdits(new Map(), 3).set, { 'speculative-config': { method: 'ngram', num_speculative_tokens: 3 } });
    assert.deepEqual(draftEdits(new Map([['spec-method', 'ngram']]), 3), { set: { 'spec-tokens': 3 }, remove: [] });
  });

  it('is what the planner shows for the file, and what it turns off', () => {
    const report = reported(drafting('mtp', 2));
    const form = formOfReport(report, MODEL, INFERENCE_DEFAULTS);
    assert.equal(form.speculative_tokens, 2);
    const fileArgs = report.input.args;
    const question = { fileForm: form, fileArgs, facts, gpu };
    const [asIs, without] = [form, { ...form, speculative_tokens: 0 }].map((asked) =>
      answerServing({ ...question, form: asked }, simulateStartup),
    );
    assert.deepEqual([...(asIs?.args ?? [])], [...fileArgs]);
    assert.equal(without?.args.has('speculative-config'), false);
    assert.ok((asIs?.response?.tpot_ms ?? 0) < (without?.response?.tpot_ms ?? 0));
  });
});

describe('drafting', () => {
  it('yields what Spec-Bench and the EAGLE paper measured per step', () => {
    // Spec-Bench, Vicuna 7B: 1.74 tokens per step of prompt lookup, which drafts ten.
    assert.ok(Math.abs(tokensPerStep(10, draftingOf('ngram', null).acceptance.value) - 1.74) < 0.05);
    // Medusa: 2.32 tokens per step of five heads.
    assert.ok(Math.abs(tokensPerStep(5, draftingOf('medusa', null).acceptance.value) - 2.32) < 0.1);
  });

  it('knows the methods by the families of their names', () => {
    const by = (method: string): string => draftingOf(method, null).by;
    assert.equal(by('deepseek_mtp'), by('mtp'));
    assert.equal(by('eagle3'), by('eagle'));
    assert.equal(by('ngram_gpu'), by('ngram'));
    assert.equal(by('draft_model'), 'a draft model');
  });
});
