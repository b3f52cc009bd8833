import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { after, before, describe, it } from 'mocha';
import { estimateFile } from '../../../src/cli/estimate';
import { cli, type Outcome } from './terminal';

let folder = '';

const run = (args: readonly string[], stdin = ''): Promise<Outcome> => cli(args, stdin, folder);

function file(name: string, text: string): string {
  writeFileSync(path.join(folder, name), text);
  return name;
}

const FITS = '# vram: gpu=rtx_4090 count=1\nmodel: Qwen/Qwen3-8B\nmax-model-len: 8192\n';

interface Json {
  readonly deployments: readonly {
    readonly gpu: { readonly key: string; readonly count: number; readonly source: string; readonly total_memory_gib: number };
    readonly model: { readonly source: string; readonly parameters: number };
    readonly vllm_version: string;
    readonly outcome: string;
    readonly kv_cache: { readonly tokens: number };
    readonly per_gpu: { readonly budget_gib: number; readonly weights_gib: number };
    readonly range: { readonly activation_peak_gib: readonly [number, number] };
  }[];
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
}

async function estimate(...args: readonly string[]): Promise<Json['deployments'][number]> {
  const { out, errors } = await run(['estimate', ...args, '--json']);
  const [first] = (JSON.parse(out) as Json).deployments;
  assert.ok(first, errors);
  return first;
}

describe('the command line', () => {
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'vram-cli-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('says how it is used, and its version', async () => {
    assert.match((await run(['--help'])).out, /usage: vllm-vram COMMAND/);
    assert.match((await run(['estimate', '--help'])).out, /--gpu-memory-gib/);
    assert.match((await run(['--version'])).out, /^\d+\.\d+\.\d+\n$/);
    assert.equal((await run([])).code, 2);
    assert.match((await run(['estimat'])).errors, /no command "estimat".*estimate/);
  });

  it('exits 0 when all fit, 1 when something does not, 2 when it cannot be judged', async () => {
    const fits = file('fits.yaml', FITS);
    const tooLong = file('long.yaml', FITS.replace('8192', '40000').replace('rtx_4090', 'rtx_3060_12'));
    const noGpu = file('no-gpu.yaml', FITS.replace(/^.*\n/, ''));
    assert.deepEqual(
      [await run(['estimate', fits]), await run(['estimate', fits, tooLong])].map(({ code }) => code),
      [0, 1],
    );
    assert.equal((await run(['estimate', fits, noGpu])).code, 2);
    const { code, out, errors } = await run(['estimate', fits, 'missing.yaml', '--json']);
    assert.equal(code, 2);
    assert.equal((JSON.parse(out) as Json).skipped[0]?.file, 'missing.yaml');
    assert.match(errors, /missing\.yaml: skipped: ENOENT/);
    const other = file('other.yaml', 'services:\n  a: {}\n');
    assert.match((await run(['estimate', other])).errors, /configures no vLLM engine/);
  });

  it('skips a file on which the estimate itself fails, so that the others get theirs', async () => {
    const models = {
      find: () => Promise.reject(new TypeError('size is undefined')),
      findDraft: () => Promise.reject(new TypeError('size is undefined')),
    };
    const options = { gpu: null, version: null, set: {} };
    const skipped = await estimateFile(file('fails.yaml', FITS), options, models, folder);
    assert.deepEqual(skipped, { file: 'fails.yaml', reason: 'The estimate itself fails on it: TypeError: size is undefined' });
  });

  it('lets flags win over the file', async () => {
    const name = file('flags.yaml', FITS);
    const plain = await estimate(name);
    assert.deepEqual([plain.gpu.key, plain.gpu.source, plain.vllm_version], ['rtx_4090', 'directive', '0.27.1']);
    const flagged = await estimate(name, '--gpu', 'NVIDIA L40S', '--gpu-count', '2', '--gpu-memory-gib', '44', '--vllm-version', '0.10.2');
    assert.deepEqual(
      [flagged.gpu.key, flagged.gpu.count, flagged.gpu.source, flagged.gpu.total_memory_gib, flagged.vllm_version],
      ['l40s', 2, 'flag', 44, '0.10.2'],
    );
    const set = await estimate(name, '--set', 'gpu_memory_utilization=0.5', '--gpu-memory-gib', '20');
    assert.equal(set.per_gpu.budget_gib, 10);
    assert.equal((await estimate(name, '--set', 'max-model-len=40k')).outcome, 'ok');
    assert.equal((await run(['estimate', name, '--set', 'tensor-parallel-size=3'])).code, 1);
  });

  it('reads the model from a config.json or from a folder beside the file', async () => {
    const config = {
      model_type: 'llama',
      architectures: ['LlamaForCausalLM'],
      hidden_size: 64,
      intermediate_size: 128,
      num_hidden_layers: 2,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      vocab_size: 256,
      max_position_embeddings: 2048,
      torch_dtype: 'bfloat16',
    };
    const given = file('config.json', JSON.stringify(config));
    const name = file('own.yaml', '# vram: gpu=t4\nmodel: our/own\ndtype: half\nmax-model-len: 1024\n');
    // Embedding and head 2 x 256 x 64; per layer q and o 2 x 64 x 64, k and v 2 x 64 x 32, MLP 3 x 64 x 128, norms 2 x 64; norm 64.
    const parameters = 2 * 256 * 64 + 2 * (2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 128 + 2 * 64) + 64;
    const manual = await estimate(name, '--model-config', given);
    assert.deepEqual([manual.model.source, manual.model.parameters], ['manual', parameters]);
    const local = await estimate(file('local.yaml', '# vram: gpu=t4\nmodel: .\ndtype: half\nmax-model-len: 1024\n'));
    assert.deepEqual([local.model.source, local.model.parameters], ['folder', parameters]);
  });

  it('loads the draft model beside the main one', async () => {
    const draft = 'speculative-config: {model: meta-llama/Llama-3.2-1B-Instruct, num_speculative_tokens: 4}\n';
    const [alone, both] = [await estimate(file('alone.yaml', FITS)), await estimate(file('draft.yaml', FITS + draft))];
    // 1.24 billion parameters in 16 bit.
    const more = (both.per_gpu.weights_gib - alone.per_gpu.weights_gib) / ((1.236e9 * 2) / 2 ** 30);
    assert.ok(more > 0.95 && more < 1.1, `${more}`);
  });

  it('names the flag, the value and what is allowed', async () => {
    const name = file('wrong.yaml', FITS);
    const wrong: readonly (readonly [readonly string[], RegExp])[] = [
      [['--gpu', 'rtx_4900'], /--gpu "rtx_4900".*rtx_4090/],
      [['--gpu-count', '1.5'], /--gpu-count "1\.5".*whole number/],
      [['--gpu-memory-gib', '-1'], /--gpu-memory-gib.*/],
      [['--vllm-version', 'latest'], /--vllm-version "latest".*0\.27\.1/],
      [['--set', 'max-model-len'], /--set "max-model-len".*key=value/],
      [['--set', 'max-modl-len=1'], /no argument max-modl-len\. Nearest: max-model-len/],
      [['--model-config', 'none.json'], /--model-config "none\.json".*config\.json is needed/],
      [['--colour'], /--colour.*Allowed: --json, --gpu/],
    ];
    for (const [args, message] of wrong) {
      const { code, errors } = await run(['estimate', name, ...args]);
      assert.equal(code, 2, args.join(' '));
      assert.match(errors, message);
    }
    assert.match((await run(['estimate'])).errors, /no file is given/);
  });

  it('never calls a model certain that is only guessed from its name', async () => {
    const name = 'model: nobody/unheard-of-13B\nmax-model-len: 4096\n';
    const roomy = await run(['estimate', file('guess.yaml', name), '--gpu', 'h100_80', '--gpu-count', '1']);
    assert.equal(roomy.code, 0);
    assert.match(roomy.out, /^guess\.yaml: DOUBTFUL\n.*\(probably starts: the model is guessed from its name\)$/m);
    const tight = await run(['estimate', file('guess.yaml', name), '--gpu', 't4', '--gpu-count', '1']);
    assert.match(tight.out, /^warning: line 1: .*guessed from its name/m);
    assert.doesNotMatch(tight.out, /^error/m);
  });

  it('prints a report for people', async () => {
    const { out } = await run(['estimate', file('text.yaml', `${FITS}swap-space: 4\n`)]);
    assert.match(out, /^text\.yaml: NO\n/);
    assert.match(out, /^budget per GPU +\d/m);
    assert.match(out, /^error: line 4: .*swap-space.*\[yaml-removed\]$/m);
    assert.match(out, /^ {2}fix: Remove swap-space$/m);
    assert.match(out, /8\.19 B parameters, not quantized, bfloat16$/m);
    const loaded = await run(['estimate', file('bnb.yaml', `${FITS}quantization: bitsandbytes\n`)]);
    assert.match(loaded.out, /not quantized, bfloat16, quantized at load: bitsandbytes$/m);
  });
});

describe('estimates in bulk', () => {
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'vram-cli-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const row = (id: unknown, args: object, gpu: object = { name: 'NVIDIA H100 80GB HBM3', count: 1 }): string =>
    JSON.stringify({ id, args, gpu, vllm_version: '0.19.0' });

  it('answers one line each, in order, and goes on after a bad row', async () => {
    const rows = [
      row('a', { model: 'Qwen/Qwen3-8B', 'max-model-len': 8192 }),
      'no json',
      '',
      row(2, { model: 'no/such-model' }),
      row('gpu', { model: 'Qwen/Qwen3-8B' }, { name: 'H1000' }),
      row('count', { model: 'Qwen/Qwen3-8B' }, { key: 'h100_80', count: 1.5 }),
      JSON.stringify({ id: 'none' }),
      row(
        'tp',
        { model: 'Qwen/Qwen3-8B', tensor_parallel_size: 2, 'enable-prefix-caching': false },
        { key: 'h100_80', count: 2, total_memory_gib: 79.19 },
      ),
    ];
    const { code, out } = await run(['estimate', '--jsonl', '-'], `${rows.join('\n')}\n`);
    assert.equal(code, 2);
    const answers = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: unknown; error?: string; outcome?: string });
    assert.deepEqual(
      answers.map(({ id }) => id),
      ['a', null, 2, 'gpu', 'count', 'none', 'tp'],
    );
    assert.deepEqual(
      answers.map(({ error }) => error !== undefined),
      [false, true, true, true, true, true, false],
    );
    assert.equal(answers[0]?.outcome, 'ok');
    assert.match(answers[2]?.error ?? '', /no\/such-model/);
    assert.match(answers[3]?.error ?? '', /H1000/);
    assert.match(answers[4]?.error ?? '', /1\.5/);
  });

  it('gives what one estimate gives', async () => {
    const args = { model: 'Qwen/Qwen3-8B', 'max-model-len': 8192, 'tensor-parallel-size': 2 };
    const single = file(
      'same.yaml',
      `# vram: gpu=l40s count=2 vllm=0.19.0\n${Object.entries(args)
        .map(([key, value]) => `${key}: ${value}\n`)
        .join('')}`,
    );
    const { out } = await run(['estimate', '--jsonl', file('rows.jsonl', `${row('x', args, { key: 'l40s', count: 2 })}\r\n`)]);
    const [bulk, alone] = [JSON.parse(out) as Json['deployments'][number], await estimate(single)];
    assert.deepEqual([bulk.per_gpu, bulk.kv_cache, bulk.outcome], [alone.per_gpu, alone.kv_cache, alone.outcome]);
  });

  it('spans the versions in use for a row whose version is null, and takes the newest where none is asked for', async () => {
    const args = { model: 'Qwen/Qwen3-14B', 'max-model-len': 8192 };
    const gpu = { name: 'NVIDIA H100 80GB HBM3', count: 1 };
    const { out } = await run(
      ['estimate', '--jsonl', '-'],
      `${JSON.stringify({ args, gpu, vllm_version: null })}\n${JSON.stringify({ args, gpu })}`,
    );
    const [unknown, newest] = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Json['deployments'][number]);
    assert.deepEqual([unknown?.vllm_version, newest?.vllm_version], ['unknown', '0.27.1']);
    // The same model on the same card printed 5.64 GiB by 0.15 and 2.23 GiB by 0.17.
    const [low, high] = unknown?.range.activation_peak_gib ?? [NaN, NaN];
    assert.ok(low <= 2.23 && high >= 5.64, `${low} to ${high}`);
  });

  it('says which rows cannot be read', async () => {
    const { code, errors } = await run(['estimate', '--jsonl', 'missing.jsonl']);
    assert.equal(code, 2);
    assert.match(errors, /--jsonl "missing\.jsonl" cannot be read: ENOENT/);
  });
});
