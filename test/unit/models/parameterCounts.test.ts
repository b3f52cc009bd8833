import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { layersOf } from '../../../src/estimator/architecture';
import { activeParameterCount, layerTensors, outerTensors, parameterBreakdown, parameterCount } from '../../../src/estimator/parameters';
import { countElements } from '../../../src/estimator/tensors';
import { Catalogue } from '../../../src/models/catalogue';

interface Row {
  readonly id: string;
  readonly parameters: number | null;
  readonly active: number | null;
  readonly groups: Readonly<Record<string, number>> | null;
  readonly mtp: number | null;
  readonly bytes: number | null;
}

const FACTS = '../shared/facts/models.jsonl';
const catalogue = Catalogue.parse(readFileSync('data/models.json', 'utf8'));

/** Totals that differ from the source's, each for a known reason. */
const DIFFERENT_TOTALS: Readonly<Record<string, string>> = {
  'openbmb/MiniCPM3-4B': 'the source counts V heads of width 0; the model card says 4B, ours 4.07B',
  'openbmb/MiniCPM3-4B-GPTQ-Int4': 'as MiniCPM3-4B',
  'Skywork/Skywork-Reward-Llama-3.1-8B-v0.2': 'a reward model: no language-model head, one score row',
  'intfloat/e5-mistral-7b-instruct': 'an embedding model: no language-model head',
  'stepfun-ai/Step-3.7-Flash': 'per-head gates and norms not published with the config: 0.006 % low',
  'stepfun-ai/Step-3.7-Flash-FP8': 'as Step-3.7-Flash',
  'stepfun-ai/Step-3.7-Flash-NVFP4': 'as Step-3.7-Flash',
};

/** Groups of the source that are one group here. */
const GROUP_NAMES: Readonly<Record<string, string>> = {
  hyper_connections: 'other',
  ngram_embed: 'other',
  ple: 'other',
  per_layer: 'per_layer_embed',
};

/** Families whose odd parameters the source sorts into norm, embed or attention and we into `other`, or whose state-space norms are ours' `ssm`. */
const SORTED_DIFFERENTLY =
  /^(bloom|mllama|kimi_linear|glm5_next|apertus|mamba|falcon_mamba|jamba|nemotron_h|granitemoehybrid|falcon_h1|bert|step3p7|gemma4|qwen4_exp)/;

function fixtureRows(): readonly Row[] {
  return readLines('test/fixtures/models/parameter-counts.jsonl').map((row) => ({ ...row, active: null, mtp: null, bytes: null }) as Row);
}

function factRows(): readonly Row[] {
  return readLines(FACTS).map(
    (row) =>
      ({
        id: row['id'],
        parameters: row['params_total'],
        active: row['params_active'],
        groups: row['params_breakdown'],
        mtp: row['mtp_params_in_checkpoint'],
        bytes: row['checkpoint_bytes'],
      }) as Row,
  );
}

function readLines(file: string): readonly Readonly<Record<string, unknown>>[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}

function wrongTotals(rows: readonly Row[]): readonly string[] {
  return rows.flatMap(({ id, parameters }) => {
    const facts = catalogue.find(id);
    if (!facts || parameters === null || Object.hasOwn(DIFFERENT_TOTALS, id)) return [];
    return facts.parameters === parameters ? [] : [`${id}: ${facts.parameters}, published ${parameters}`];
  });
}

function wrongGroups(rows: readonly Row[]): readonly string[] {
  return rows.flatMap(({ id, groups }) => {
    const facts = catalogue.find(id);
    if (!facts || !groups || 'text' in groups || Object.hasOwn(DIFFERENT_TOTALS, id)) return [];
    if (SORTED_DIFFERENTLY.test(facts.model.architecture.modelType)) return [];
    const expected = new Map<string, number>();
    for (const [name, count] of Object.entries(groups)) {
      const group = GROUP_NAMES[name] ?? name;
      expected.set(group, (expected.get(group) ?? 0) + count);
    }
    const counted = parameterBreakdown(facts.model.architecture);
    const names = new Set<string>([...counted.keys(), ...expected.keys()]);
    const found = new Map<string, number>(counted);
    return [...names]
      .filter((name) => (found.get(name) ?? 0) !== (expected.get(name) ?? 0))
      .map((name) => `${id} ${name}: ${found.get(name)}, published ${expected.get(name)}`);
  });
}

describe('parameter counts', () => {
  it('are exact for every architecture of the catalogue', () => {
    const rows = fixtureRows();
    assert.ok(rows.length > 290);
    assert.deepEqual(wrongTotals(rows), []);
  });

  it('are exact group by group', () => {
    assert.deepEqual(wrongGroups(fixtureRows()), []);
  });

  it('are the sum of the tensors', () => {
    for (const id of ['deepseek-ai/DeepSeek-V3', 'google/gemma-3-27b-it', 'nvidia/NVIDIA-Nemotron-Nano-9B-v2', 'openai/gpt-oss-20b']) {
      const architecture = catalogue.find(id)?.model.architecture;
      assert.ok(architecture, id);
      const layers = layersOf(architecture).reduce((sum, kind) => sum + countElements(layerTensors(architecture, kind)), 0);
      assert.equal(parameterCount(architecture), layers + countElements(outerTensors(architecture)));
    }
  });

  it('are exact for the whole file of facts but for named exceptions', function () {
    if (!existsSync(FACTS)) {
      console.log(`      ${FACTS} is not here: only the fixture is checked`);
      this.skip();
    }
    const rows = factRows();
    const known = rows.filter(({ id, parameters }) => parameters !== null && catalogue.find(id) !== null);
    assert.ok(known.length >= 1550, `${known.length} models with a published total`);
    assert.deepEqual(wrongTotals(rows), []);
    assert.deepEqual(wrongGroups(rows), []);
    for (const id of Object.keys(DIFFERENT_TOTALS)) {
      assert.notEqual(catalogue.find(id)?.parameters, rows.find((row) => row.id === id)?.parameters, `${id} is no exception any more`);
    }
  });

  it('leave idle experts out of the active parameters', function () {
    if (!existsSync(FACTS)) this.skip();
    const wrong = factRows().flatMap(({ id, active }) => {
      const facts = catalogue.find(id);
      // The n-gram table of Qwen3.8-Flash-Next is looked up, not computed with; the source leaves it out.
      if (!facts || active === null || facts.model.architecture.modelType === 'qwen4_exp_text') return [];
      const counted = activeParameterCount(facts.model.architecture);
      return Math.abs(counted - active) <= 1 || Object.hasOwn(DIFFERENT_TOTALS, id) ? [] : [`${id}: ${counted}, published ${active}`];
    });
    assert.deepEqual(wrong, []);
  });

  it('give the published bytes of 16-bit checkpoints', function () {
    if (!existsSync(FACTS)) this.skip();
    const checked = factRows().flatMap(({ id, bytes }) => {
      const facts = catalogue.find(id);
      return facts && bytes !== null && !facts.model.quantization ? [[id, facts.parameters * 2, bytes] as const] : [];
    });
    assert.equal(checked.length, 4);
    for (const [id, counted, published] of checked) assert.equal(counted, published, id);
  });

  it('give the published bytes of gpt-oss-20b: MXFP4 experts, everything else in 16 bit', () => {
    const architecture = catalogue.find('openai/gpt-oss-20b')?.model.architecture;
    assert.ok(architecture);
    const tensors = [...outerTensors(architecture), ...layersOf(architecture).flatMap((kind) => layerTensors(architecture, kind))];
    const bytes = tensors.reduce(
      (sum, tensor) => sum + countElements([tensor]) * (tensor.group === 'experts' && tensor.quantizable ? 0.5 + 1 / 32 : 2),
      0,
    );
    // total_size of model.safetensors.index.json on the Hub.
    assert.equal(bytes, 13761264768);
  });

  it('count the MTP modules that checkpoints store', function () {
    if (!existsSync(FACTS)) this.skip();
    const off = factRows().flatMap(({ id, mtp }) => {
      const heads = catalogue.find(id)?.model.architecture.mtp;
      if (!heads || mtp === null || heads.parameters === null) return [];
      const difference = (heads.parameters - mtp) / mtp;
      return Math.abs(difference) < 1e-9 ? [] : [`${id} ${(100 * difference).toFixed(2)} %`];
    });
    assert.deepEqual(off, []);
  });
});
