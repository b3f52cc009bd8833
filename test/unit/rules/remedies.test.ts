import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { adviceFor, adviceSteps } from '../../../src/analysis/advice';
import { analyzeSteps } from '../../../src/analysis/analyze';
import { resolveGpu } from '../../../src/analysis/gpu';
import { errorsOf, findRemedies, findRemediesSteps } from '../../../src/analysis/remedies';
import { formatRequests } from '../../../src/estimator/figures';
import { readVllmYaml } from '../../../src/deployments/vllmYaml';
import { findGpu } from '../../../src/estimator/hardware/catalogue';
import { Catalogue } from '../../../src/models/catalogue';
import type { ArgumentValue } from '../../../src/vllm/arguments';
import type { StartupReport } from '../../../src/vllm/startup/report';
import { simulateStartup } from '../../../src/vllm/startup/simulate';

const catalogue = Catalogue.parse(readFileSync(resolve('data/models.json'), 'utf8'));

interface Case {
  readonly model: string;
  readonly gpu: string;
  readonly count?: number;
  readonly args?: Readonly<Record<string, ArgumentValue>>;
  readonly version?: string;
  readonly freeGib?: number;
}

function start({ model, gpu: name, count = 1, args = {}, version = '0.27.1', freeGib }: Case): StartupReport {
  const facts = catalogue.find(model);
  const gpu = findGpu(name);
  assert.ok(facts && gpu, `${model} on ${name}`);
  const setup = { gpu, count, totalMemoryGib: gpu.totalMemoryGib, freeMemoryGib: freeGib ?? null, source: 'directive' as const };
  return simulateStartup({ model: facts.model, gpu: setup, args: new Map(Object.entries(args)), version });
}

/** Refusals of each kind, from one small card to a host of eight. */
const REFUSED: readonly Case[] = [
  { model: 'meta-llama/Llama-3.1-8B-Instruct', gpu: 'rtx_4090' },
  { model: 'meta-llama/Llama-3.1-8B-Instruct', gpu: 'rtx_4090', args: { 'max-model-len': 65536 }, version: '0.10.0' },
  { model: 'meta-llama/Llama-3.1-8B-Instruct', gpu: 'a10g', args: { 'max-num-seqs': 512, 'max-model-len': 60000 }, version: '0.15.1' },
  { model: 'mistralai/Mistral-7B-Instruct-v0.3', gpu: 'rtx_4090', args: { 'gpu-memory-utilization': 0.3 } },
  { model: 'Qwen/Qwen3-8B', gpu: 'rtx_4090', args: { 'max-model-len': 40960 }, freeGib: 15 },
  { model: 'Qwen/Qwen3-8B', gpu: 't4' },
  { model: 'Qwen/Qwen3-32B', gpu: 'rtx_4090' },
  { model: 'Qwen/Qwen3-32B', gpu: 'rtx_4090', count: 4, args: { 'tensor-parallel-size': 2 } },
  { model: 'Qwen/Qwen3-30B-A3B-Instruct-2507', gpu: 'rtx_4090' },
  { model: 'google/gemma-3-27b-it', gpu: 'l40s' },
  { model: 'meta-llama/Llama-3.3-70B-Instruct', gpu: 'a100_80' },
  { model: 'deepseek-ai/DeepSeek-V3', gpu: 'h100_80', count: 8, args: { 'tensor-parallel-size': 8 } },
  { model: 'deepseek-ai/DeepSeek-V3', gpu: 'rtx_4090' },
];

function named({ model, gpu, args = {}, version = '' }: Case): string {
  return `${model} on ${gpu} ${JSON.stringify(args)} ${version}`;
}

describe('remedies', () => {
  for (const refused of REFUSED) {
    it(`make it start: ${named(refused)}`, () => {
      const report = start(refused);
      assert.notEqual(report.outcome, 'ok');
      const before = errorsOf(report);
      const remedies = findRemedies(report, simulateStartup);
      assert.ok(remedies.length > 0);
      assert.ok(remedies.length <= 6);
      assert.ok(remedies.filter(({ fix }) => fix.preferred).length <= 1);
      for (const { fix, report: promised } of remedies) {
        const args = new Map([...report.input.args, ...Object.entries(fix.edits)]);
        for (const key of fix.remove) args.delete(key);
        const after = simulateStartup({ ...report.input, args, gpu: promised.input.gpu });
        assert.equal(after.outcome, 'ok', fix.title);
        assert.equal(fix.title.includes('likely fits'), after.certainty === 'likely', fix.title);
        assert.deepEqual(
          [...errorsOf(after)].filter((code) => !before.has(code)),
          [],
          fix.title,
        );
        const needed = /needs (\d+) GPUs/.exec(fix.title);
        assert.equal(Number(needed?.[1] ?? refused.count ?? 1), after.input.gpu?.count, fix.title);
        if (after.kvCache.maxConcurrency)
          assert.ok(fix.title.endsWith(`fits, ${formatRequests(after.kvCache.maxConcurrency.value)} requests`), fix.title);
      }
    });
  }

  it('prefer the context that fits where nobody asked for more', () => {
    const [first] = findRemedies(start({ model: 'meta-llama/Llama-3.1-8B-Instruct', gpu: 'rtx_4090' }), simulateStartup);
    assert.ok(first?.fix.preferred);
    assert.deepEqual(Object.keys(first.fix.edits), ['max-model-len']);
  });

  it('prefer nothing where what fits serves another purpose', () => {
    const report = start({ model: 'meta-llama/Llama-3.1-8B-Instruct', gpu: 'rtx_4090', args: { 'max-model-len': 131072 } });
    assert.deepEqual(
      findRemedies(report, simulateStartup).filter(({ fix }) => fix.preferred),
      [],
    );
  });

  it('are not offered where vLLM starts for sure, or no GPU is known', () => {
    const sure = start({ model: 'Qwen/Qwen3-8B', gpu: 'h100_80', args: { 'max-model-len': 8192, 'gpu-memory-utilization': 0.85 } });
    assert.deepEqual([sure.outcome, sure.certainty], ['ok', 'certain']);
    assert.deepEqual(findRemedies(sure, simulateStartup), []);
    assert.deepEqual(findRemedies(simulateStartup({ ...sure.input, gpu: null }), simulateStartup), []);
  });

  it('begin with GPUs that idle, and end with what costs money or time', () => {
    const model = 'Qwen/Qwen2.5-14B-Instruct';
    const idle = findRemedies(start({ model, gpu: 'rtx_3090', count: 2, args: { 'max-model-len': 32768 } }), simulateStartup);
    assert.deepEqual(idle[0]?.fix.edits, { 'tensor-parallel-size': 2 });
    const bought = findRemedies(start({ model: 'meta-llama/Llama-3.1-405B-Instruct', gpu: 'h100_80', count: 4 }), simulateStartup);
    const counts = bought.map(({ report }) => report.input.gpu?.count ?? 0);
    assert.deepEqual(
      counts,
      [...counts].sort((a, b) => a - b),
    );
  });

  it('prefer no shorter context where GPUs idle', () => {
    const answers = findRemedies(start({ model: 'meta-llama/Llama-3.1-8B-Instruct', gpu: 'rtx_4090', count: 4 }), simulateStartup);
    assert.ok(answers.some(({ report }) => report.settings.tensorParallelSize > 1));
    assert.ok(answers.every(({ fix }) => !fix.preferred));
  });

  it('propose more than a host of GPUs, or twice those there are, only where nothing less starts', () => {
    for (const refused of REFUSED) {
      const most = Math.max(8, 2 * (refused.count ?? 1));
      const counts = findRemedies(start(refused), simulateStartup).map(({ report }) => report.input.gpu?.count ?? 0);
      assert.ok(Math.min(...counts) > most || Math.max(...counts) <= most, `${named(refused)}: ${counts.join(', ')}`);
    }
  });

  it('propose no hosts to make a probable start certain', () => {
    const likely = start({ model: 'deepseek-ai/DeepSeek-V3', gpu: 'h200_141', count: 8, args: { 'tensor-parallel-size': 8 } });
    for (const { report } of findRemedies(likely, simulateStartup)) assert.ok((report.input.gpu?.count ?? 0) <= 16);
  });

  it('cut layers within a host and put stages between hosts', () => {
    const report = start({
      model: 'meta-llama/Llama-3.1-405B-Instruct',
      gpu: 'h100_80',
      count: 8,
      args: { 'tensor-parallel-size': 8 },
    });
    const [hosts] = findRemedies(report, simulateStartup).filter(({ kinds }) => kinds[0] === 'more-gpus');
    assert.deepEqual(hosts?.fix.edits, { 'pipeline-parallel-size': 2, 'distributed-executor-backend': 'ray' });
  });

  it('take few simulations', () => {
    for (const refused of REFUSED) {
      let count = 0;
      findRemedies(start(refused), (input) => {
        count++;
        return simulateStartup(input);
      });
      assert.ok(count <= 200, `${named(refused)}: ${count}`);
    }
  });
});

/** The most simulations done at a stretch, and how many in all. */
function simulations(steps: (simulate: typeof simulateStartup) => Generator<void, unknown>): {
  readonly most: number;
  readonly all: number;
} {
  let [most, all, since] = [0, 0, 0];
  const work = steps((input) => {
    all++;
    most = Math.max(most, ++since);
    return simulateStartup(input);
  });
  while (work.next().done !== true) since = 0;
  return { most, all };
}

describe('what takes many simulations', () => {
  it('pauses between them', () => {
    for (const refused of REFUSED) {
      const { most, all } = simulations((simulate) => findRemediesSteps(start(refused), simulate));
      assert.ok(all > 5 && most <= 1, `${named(refused)}: ${most} of ${all} at a stretch`);
    }
    const { most, all } = simulations((simulate) =>
      adviceSteps(start({ model: 'Qwen/Qwen3-8B', gpu: 'h100_80', args: { 'cpu-offload-gb': 4 } }), simulate),
    );
    assert.ok(all > 1 && most <= 1, `${most} of ${all} at a stretch`);
  });

  it('is all that judging a file takes long for, and judging pauses with it', () => {
    const [refused] = REFUSED;
    const { model, gpu } = refused ?? assert.fail();
    const text = `# vram: gpu=${gpu}\nmodel: ${model}\n`;
    const deployment = readVllmYaml(text);
    const steps = analyzeSteps({
      deployment,
      facts: catalogue.find(model),
      modelProblem: null,
      gpu: resolveGpu(deployment.gpuHints, deployment.args),
      version: '0.27.1',
      text,
    });
    let pauses = 0;
    while (steps.next().done !== true) pauses++;
    assert.ok(pauses > 5, `${pauses} pauses`);
  });
});

describe('advice', () => {
  it('is not given where vLLM does not start or refuses something', () => {
    assert.deepEqual(adviceFor(start({ model: 'Qwen/Qwen3-32B', gpu: 'rtx_4090' }), simulateStartup), []);
    const refused = start({
      model: 'Qwen/Qwen3-8B',
      gpu: 'h100_80',
      args: { 'max-model-len': 2048, 'max-num-seqs': 16, dtype: 'half', 'kv-cache-dtype': 'fp9' },
    });
    assert.deepEqual(adviceFor(refused, simulateStartup), []);
  });

  it('says nothing where nothing is wasted', () => {
    // 40 GiB of KV cache for full-length requests, NVLink, no offloading.
    const report = start({
      model: 'Qwen/Qwen3-32B',
      gpu: 'h200_141',
      args: { 'max-num-seqs': 32, 'kv-cache-dtype': 'fp8', 'gpu-memory-utilization': 0.85 },
    });
    assert.deepEqual([report.outcome, report.certainty], ['ok', 'certain']);
    assert.deepEqual(
      adviceFor(report, simulateStartup).map(({ code }) => code),
      [],
    );
  });

  it('only promises what a simulation shows', () => {
    const cases: readonly Case[] = [
      {
        model: 'Qwen/Qwen3-14B',
        gpu: 'rtx_4090',
        version: '0.24.0',
        args: { 'max-model-len': 8192, 'cpu-offload-gb': 12, 'gpu-memory-utilization': 0.85 },
      },
      { model: 'Qwen/Qwen3-30B-A3B', gpu: 'h100_80', version: '0.19.1', args: { 'max-model-len': 40960 } },
      { model: 'Qwen/Qwen3-32B', gpu: 'l40s', count: 4, args: { 'tensor-parallel-size': 4, 'max-model-len': 8192 } },
    ];
    for (const each of cases) {
      const report = start(each);
      const advice = adviceFor(report, simulateStartup);
      assert.ok(advice.length > 0, named(each));
      for (const { fixes, severity, code } of advice) {
        assert.equal(severity, 'hint');
        for (const fix of fixes) {
          const args = new Map([...report.input.args, ...Object.entries(fix.edits)]);
          for (const key of fix.remove) args.delete(key);
          assert.equal(simulateStartup({ ...report.input, args }).outcome, 'ok', `${code}: ${fix.title}`);
        }
      }
    }
  });
});
