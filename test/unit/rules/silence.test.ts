import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { analyze } from '../../../src/analysis/analyze';
import { resolveGpu } from '../../../src/analysis/gpu';
import { readDeployments } from '../../../src/deployments/readers';
import { architectureFromConfig } from '../../../src/models/hfConfig';
import { Catalogue } from '../../../src/models/catalogue';
import { availabilityIn, findArgument } from '../../../src/vllm/argumentTable';
import type { ArgumentValue } from '../../../src/vllm/arguments';
import { findQuantizationMethod, minCapabilityOf, usableMethods } from '../../../src/vllm/quantizationMethods';
import { checkRules } from '../../../src/vllm/rules/check';
import type { RuleContext } from '../../../src/vllm/rules/rule';
import { NEWEST_VERSION } from '../../../src/vllm/versions';

const catalogue = Catalogue.parse(readFileSync(resolve('data/models.json'), 'utf8'));

function codes(args: Readonly<Record<string, ArgumentValue>>, more: Partial<RuleContext> = {}): readonly string[] {
  const context = {
    args: new Map(Object.entries(args)),
    model: null,
    gpu: null,
    settings: null,
    version: NEWEST_VERSION,
    report: null,
    ...more,
  };
  return checkRules(context).map(({ code }) => code);
}

function model(id: string): RuleContext['model'] {
  const facts = catalogue.find(id);
  assert.ok(facts, id);
  return facts.model;
}

describe('rules that need an unknown fact say nothing', () => {
  it('without a model', () => {
    assert.deepEqual(
      codes({
        'tensor-parallel-size': 3,
        'enable-expert-parallel': true,
        quantization: 'gptq',
        'max-model-len': 10_000_000,
        dtype: 'half',
      }),
      [],
    );
  });

  it('without a GPU', () => {
    assert.deepEqual(
      codes({ dtype: 'bfloat16', 'kv-cache-dtype': 'fp8', 'tensor-parallel-size': 8, 'block-size': 8 }, { model: model('Qwen/Qwen3-8B') }),
      [],
    );
  });

  it('where the format of the checkpoint is only guessed from a name', () => {
    const unquantized = model('Qwen/Qwen3-8B');
    assert.deepEqual(codes({ quantization: 'awq' }, { model: unquantized }), []);
    assert.deepEqual(codes({ quantization: 'awq' }, { model: unquantized, modelIsCertain: true }), ['quant-mismatch']);
  });

  it('where the position scaling is overridden', () => {
    const yarn = { rope_scaling: { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 32768 } };
    assert.deepEqual(codes({ 'max-model-len': 131072, 'hf-overrides': yarn }, { model: model('Qwen/Qwen3-8B') }), []);
  });
});

describe('rules that hold in some versions', () => {
  it('are silent in the others', () => {
    const both = { 'cudagraph-capture-sizes': [1, 2], 'max-cudagraph-capture-size': 4 };
    assert.deepEqual(codes(both, { version: '0.27.1' }), ['cudagraph-max']);
    assert.deepEqual(codes(both, { version: '0.10.0' }), []);
    assert.deepEqual(codes({ 'block-size': 100 }, { version: '0.17.0' }), ['block-size-literal']);
    assert.deepEqual(codes({ 'block-size': 100 }, { version: '0.19.0' }), []);
    assert.deepEqual(codes({ 'block-size': 256 }, { version: '0.11.0' }), ['block-size-literal']);
    assert.deepEqual(codes({ 'block-size': 256 }, { version: '0.12.0' }), []);
    assert.deepEqual(codes({ quantization: 'aqlm' }, { version: '0.10.0' }), []);
    assert.deepEqual(codes({ quantization: 'aqlm' }), ['quant-unknown']);
    assert.deepEqual(codes({ 'max-lora-rank': 1 }, { version: '0.11.0' }), ['lora-rank']);
    assert.deepEqual(codes({ 'max-lora-rank': 1 }), []);
  });

  it('take what vLLM takes in another case', () => {
    assert.deepEqual(codes({ quantization: 'FP8' }), []);
    assert.deepEqual(codes({ quantization: 'AWQ' }, { model: model('Qwen/Qwen3-8B-AWQ') }), []);
  });

  it('give the benefit of the doubt between two releases read', () => {
    // bitsandbytes left vLLM some time after 0.24; as a plugin it may still be there.
    assert.deepEqual(codes({ quantization: 'bitsandbytes' }), []);
    assert.deepEqual(codes({ quantization: 'fp_quant' }, { version: '0.13.0' }), []);
    assert.deepEqual(codes({ quantization: 'fp_quant' }, { version: '0.14.0' }), ['quant-deprecated']);
  });
});

describe('rules about the environment', () => {
  const environment = (entries: Readonly<Record<string, string>>): Partial<RuleContext> => ({
    environment: new Map(Object.entries(entries)),
  });
  const qwen = { model: model('Qwen/Qwen3-8B') };

  it('check the layers of each stage', () => {
    const stages = { 'pipeline-parallel-size': 2 };
    assert.deepEqual(codes(stages, { ...qwen, ...environment({ VLLM_PP_LAYER_PARTITION: '12,12,12' }) }), ['pp-partition-len']);
    assert.deepEqual(codes(stages, { ...qwen, ...environment({ VLLM_PP_LAYER_PARTITION: '18,17' }) }), ['pp-partition-sum']);
    assert.deepEqual(codes(stages, { ...qwen, ...environment({ VLLM_PP_LAYER_PARTITION: '18,18' }) }), []);
  });

  it('know what lifts or brings a refusal', () => {
    assert.deepEqual(codes({ 'max-model-len': 131072 }, { ...qwen, ...environment({ VLLM_ALLOW_LONG_MAX_MODEL_LEN: '1' }) }), []);
    const segments = environment({ PYTORCH_CUDA_ALLOC_CONF: 'expandable_segments:True' });
    assert.deepEqual(codes({ 'enable-sleep-mode': true }, { ...segments, version: '0.16.0' }), ['sleep-platform']);
    assert.deepEqual(codes({ 'enable-sleep-mode': true }, { ...segments, version: '0.27.1' }), []);
    assert.deepEqual(codes({ 'cpu-offload-gb': 4 }, { ...environment({ WSL_DISTRO_NAME: 'Ubuntu' }), version: '0.11.0' }), ['offload-uva']);
    assert.deepEqual(codes({ 'cpu-offload-gb': 40, 'tensor-parallel-size': 2 }, { hostMemoryGib: 64 }), ['offload-oom-cpu']);
    assert.deepEqual(codes({ 'cpu-offload-gb': 40 }, { hostMemoryGib: 64 }), []);
  });

  it('know when adapters meet a large vocabulary', () => {
    const wide = {
      architectures: ['LlamaForCausalLM'],
      model_type: 'llama',
      hidden_size: 64,
      intermediate_size: 128,
      num_attention_heads: 2,
      num_hidden_layers: 1,
      vocab_size: 262144,
      max_position_embeddings: 64,
      tie_word_embeddings: false,
    };
    const answer = architectureFromConfig(wide);
    assert.ok(!('problem' in answer));
    const context = { model: { architecture: answer.architecture, quantization: null, exactBytes: null } };
    assert.deepEqual(codes({ 'enable-lora': true }, context), ['lora-vocab']);
    assert.deepEqual(codes({ 'enable-lora': true, 'lora-target-modules': ['q_proj'] }, context), []);
    assert.deepEqual(codes({}, context), []);
  });
});

describe('quantization methods', () => {
  it('know the capability they need by version', () => {
    const marlin = findQuantizationMethod('gptq_marlin');
    assert.ok(marlin);
    assert.equal(minCapabilityOf(marlin, '0.13.0'), 80);
    assert.equal(minCapabilityOf(marlin, '0.14.0'), 75);
  });

  it('are offered by checkpoint and GPU', () => {
    const names = usableMethods('0.27.1', null, 89).map(({ name }) => name);
    assert.ok(names.includes('fp8') && !names.includes('awq') && !names.includes('nvfp4_per_token'));
    const kernels = usableMethods('0.12.0', catalogue.find('Qwen/Qwen3-8B-AWQ')?.model.quantization ?? null, 75).map(({ name }) => name);
    assert.deepEqual(kernels.slice(0, 1), ['awq']);
    assert.ok(!kernels.includes('awq_marlin'));
  });
});

interface CorpusRow {
  readonly file: string;
  readonly path: string;
  readonly kind: string;
}

describe('real files', () => {
  const folder = resolve('../shared/corpus');
  const rows = existsSync(folder)
    ? readFileSync(resolve(folder, 'index.jsonl'), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as CorpusRow)
        .filter(({ file }) => /\.ya?ml$/.test(file))
    : [];

  /** Codes by what they are about, with the text that is blamed. */
  function said({ file, path }: CorpusRow): readonly (readonly [severity: string, code: string, blamed: string])[] {
    const text = readFileSync(resolve(folder, file), 'utf8');
    return readDeployments(path, text).flatMap((deployment) => {
      const id = deployment.args.get('model');
      const facts = typeof id === 'string' ? (catalogue.find(id) ?? catalogue.findByName(id)) : null;
      const version = deployment.vllmVersion ?? NEWEST_VERSION;
      const { findings } = analyze({ deployment, facts, modelProblem: null, gpu: resolveGpu([], deployment.args), version, text });
      return findings.map(({ severity, code, start, end }) => [severity, code, text.slice(start, end)] as const);
    });
  }

  before(function () {
    if (rows.length > 0) return;
    console.log(`      (skipped: ${folder} is not here)`);
    this.skip();
  });

  it('that are not about vLLM meet with silence', () => {
    const negatives = rows.filter(({ kind }) => kind === 'negative' || kind === 'finetune');
    assert.ok(negatives.length > 20);
    assert.deepEqual(
      negatives.flatMap((row) => said(row).map(([, code]) => `${row.file}: ${code}`)),
      [],
    );
  });

  it('that people run meet only with errors that this version of vLLM really raises', () => {
    for (const row of rows.filter(({ kind }) => kind === 'plain')) {
      for (const [severity, code, blamed] of said(row)) {
        if (severity !== 'error') continue;
        const argument = findArgument(blamed.replaceAll('_', '-'));
        const isAbsent = argument === null || availabilityIn(argument, NEWEST_VERSION) === 'absent';
        assert.ok((code === 'yaml-unknown' || code === 'yaml-removed') && isAbsent, `${row.file}: ${code} on ${blamed}`);
      }
    }
  });
});
