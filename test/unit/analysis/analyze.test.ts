import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import type { Analysis } from '../../../src/analysis/analysis';
import { applyEdits, editsFor } from '../../../src/deployments/edits';
import type { Ranged } from '../../../src/estimator/ranged';
import { GIB } from '../../../src/estimator/units';
import { analysisOf } from './estimates';

function sample(name: string): string {
  return readFileSync(`samples/${name}.yaml`, 'utf8');
}

function assertCovers(figure: Ranged | null | undefined, printed: number, what: string): void {
  assert.ok(figure && figure.low <= printed && printed <= figure.high, `${what}: ${JSON.stringify(figure)} does not hold ${printed}`);
}

/** The text that a finding underlines. */
function underlined(text: string, { findings }: Analysis, code: string): string {
  const finding = findings.find((candidate) => candidate.code === code);
  assert.ok(finding, `${code} is not found`);
  return text.slice(finding.start, finding.end);
}

describe('runs that people published', () => {
  // vLLM 0.8.5.post1 printed these on two RTX 3080 with 20 GB and on one 32 GB card.
  it('Qwen3-8B on two 20 GB cards with 5 GiB offloaded', async () => {
    const { report, findings } = await analysisOf(sample('qwen3-8b-2x3080'));
    assert.ok(report);
    assert.equal(report.outcome, 'ok');
    const weights = report.perGpu.weights.value / GIB;
    assert.ok(Math.abs(weights / 2.6077 - 1) < 0.005, `model loading took 2.6077 GiB, estimated ${weights}`);
    assertCovers(report.kvCache.tokens, 79_040, 'KV cache tokens');
    assertCovers(report.kvCache.maxConcurrency, 19.3, 'maximum concurrency');
    assert.ok(Math.abs((report.kvCache.tokens?.value ?? 0) / 79_040 - 1) < 0.1);
    assert.deepEqual(
      findings.filter(({ severity }) => severity === 'error'),
      [],
    );
  });

  it('a 70B model in 4 bits with 60 GiB of offloading on a 32 GB card', async () => {
    const { report } = await analysisOf(sample('deepseek-r1-70b-offload'));
    assert.ok(report);
    assert.equal(report.outcome, 'ok');
    // nvidia-smi showed 7,173 MiB.
    assertCovers(report.perGpu.peakUsed, 7173 * 2 ** 20, 'nvidia-smi');
  });

  it('the same model at 0.9 with 20 GiB of offloading starts', async () => {
    const { report } = await analysisOf(sample('deepseek-r1-70b-long'));
    assert.equal(report?.outcome, 'ok');
  });
});

describe('a deployment that would not start', () => {
  const text = '# 说明\r\nmodel: meta-llama/Llama-3.1-8B-Instruct # 模型\r\nmax_model_len: "131072" # 长度\r\n';

  it('gets vLLM’s error on the key to blame, and fixes that make it start', async () => {
    const analysis = await analysisOf(text, { name: 'rtx_4090', count: 1 });
    const finding = analysis.findings.find(({ code }) => code === 'kv-too-small');
    assert.ok(finding);
    assert.equal(finding.severity, 'error');
    assert.equal(underlined(text, analysis, 'kv-too-small'), 'max_model_len: "131072"');
    assert.match(finding.vllmMessage ?? '', /max seq len \(131072\), \(16\.00 GiB KV cache is needed/);
    assert.ok(finding.fixes.length > 0);
    const [fix] = finding.fixes;
    assert.ok(fix);
    const mended = applyEdits(text, editsFor(text, analysis.deployment, fix));
    const after = await analysisOf(mended, { name: 'rtx_4090', count: 1 });
    assert.equal(after.report?.outcome, 'ok');
    assert.equal(after.report.certainty, 'certain');
    assert.match(mended, /^# 说明\r\nmodel: meta-llama\/Llama-3\.1-8B-Instruct # 模型\r\nmax_model_len: "\d+" # 长度\r\n$/);
  });

  it('is blamed on the model where no other key takes part', async () => {
    const only = 'model: meta-llama/Llama-3.1-70B-Instruct\n';
    const analysis = await analysisOf(only, { name: 'rtx_4090' });
    assert.equal(underlined(only, analysis, 'load-oom'), 'model: meta-llama/Llama-3.1-70B-Instruct');
  });

  it('is only a warning where the ends of the range disagree', async () => {
    const { report, findings } = await analysisOf(sample('too-long-for-4090'), { name: 'rtx_4090' });
    assert.ok(report?.kvCache.maxModelLenThatFits);
    const { low, high } = report.kvCache.maxModelLenThatFits;
    assert.ok(findings.some(({ code, severity }) => code === 'kv-too-small' && severity === 'error'));
    for (const length of [Math.floor((low + report.kvCache.maxModelLenThatFits.value) / 2), Math.floor(high) - 16]) {
      const between = await analysisOf(`${sample('too-long-for-4090')}max-model-len: ${length}\n`);
      assert.equal(between.report?.certainty, 'likely');
      const finding = between.findings.find(({ code }) => code === 'kv-too-small');
      assert.equal(finding?.severity, 'warning', `at ${length}`);
    }
    const certain = await analysisOf(`${sample('too-long-for-4090')}max-model-len: ${Math.floor(low) - 16}\n`);
    assert.equal(
      certain.findings.find(({ code }) => code === 'kv-too-small'),
      undefined,
    );
  });
});

describe('what is not known', () => {
  it('gives figures that need no GPU, and no verdict', async () => {
    const { report, gpu, findings } = await analysisOf('model: Qwen/Qwen3-8B\nmax-model-len: 4096\n');
    assert.equal(gpu, null);
    assert.equal(report?.outcome, null);
    assert.equal(report.kvCache.bytesPerTokenPerGpu, 2 * 36 * 8 * 128 * 2);
    assert.deepEqual(findings, []);
  });

  it('says that a model is unknown, and nothing of its memory', async () => {
    const text = 'model: nobody/knows-this\nmax-model-len: 4096\n';
    const analysis = await analysisOf(text, { name: 'rtx_4090' });
    assert.equal(analysis.report, null);
    assert.equal(underlined(text, analysis, 'model-unknown'), 'model: nobody/knows-this');
  });

  it('says what is wrong with a directive and with the YAML, in place', async () => {
    const text = '# vram: gpu=rtx_4900 count=x\nmodel: "Qwen\nmax-model-len: 4096\n';
    const analysis = await analysisOf(text);
    assert.equal(underlined(text, analysis, 'gpu-unknown'), '# vram: gpu=rtx_4900 count=x');
    assert.equal(underlined(text, analysis, 'directive-invalid'), 'count=x');
    assert.ok(analysis.findings.some(({ code }) => code === 'yaml-syntax'));
  });

  it('honours a comment that turns a finding off', async () => {
    const text = '# vram: gpu=rtx_4900\n# vram: disable-file gpu-unknown\nmodel: Qwen/Qwen3-8B\nmax-model-len: 4096\n';
    assert.deepEqual((await analysisOf(text)).findings, []);
  });
});
