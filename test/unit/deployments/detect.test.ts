import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { looksLikeVllm } from '../../../src/deployments/detect';
import { readNamedFile } from '../../../src/deployments/readers';

const CORPUS = '../shared/corpus';

describe('the look at a file', () => {
  const found = (text: string, path = 'config.yaml') => looksLikeVllm(path, text);

  it('finds a file with two keys of vLLM, whatever its name and spelling', () => {
    assert.ok(found('max_model_len: 4096\ngpu-memory-utilization: 0.9\n'));
    assert.ok(found('\ufeff"max-model-len": 4096\r\n\'enforce-eager\': true\r\n'));
    assert.ok(found('  max-num-seqs: 4\n  tensor-parallel-size: 2\n'));
  });

  it('asks for a model or "vllm" in the path beside a single key', () => {
    assert.ok(!found('max-model-len: 4096\nseed: 1\n'));
    assert.ok(found('model: Qwen/Qwen3-8B\nmax-model-len: 4096\n'));
    assert.ok(found('max-model-len: 4096\n', 'deploy/vllm/config.yaml'));
    assert.ok(!found('model:\n  name: x\nmax-model-len: 4096\n'));
    assert.ok(!found('model: x\nhost: 0.0.0.0\nport: 8000\n', 'vllm/client.yaml'));
    assert.ok(found('model: Qwen/Qwen3-4B\nquantization: bitsandbytes\n', 'configs/vllm_config.yaml'));
  });

  it('leaves files of other programs alone', () => {
    assert.ok(!found('services:\n  vllm:\n    image: vllm/vllm-openai\nmax-model-len: 1\nenforce-eager: true\n', 'vllm.yaml'));
    assert.ok(!found('base_model: x\ntensor_parallel_size: 2\nmax_model_len: 4096\n'));
    assert.ok(!found('a: 1\nb: 2\n', 'vllm.yaml'));
    assert.ok(!found('', 'vllm.yaml'));
    assert.ok(!found('max-model-len: 4096\nenforce-eager: true\n', 'notes.md'));
  });

  it('does not take nested keys for its own', () => {
    assert.ok(!found('vllm:\n  max-model-len: 4096\n  enforce-eager: true\n'));
  });

  it('believes a directive and its own file name', () => {
    assert.ok(found('# vram: gpu=rtx_4090 count=2\nmodel: x\n'));
    assert.ok(found('port: 8000\n', 'qwen.vllm.yaml'));
    assert.ok(!found('# VRAM: about 24 GB\nmodel: x\n'));
  });
});

describe('a file named on the command line', () => {
  it('gets the benefit of the doubt, but no more', () => {
    assert.equal(readNamedFile('serve.yaml', 'model: Qwen/Qwen3-8B\nhost: 0.0.0.0\nport: 8000\n').length, 1);
    assert.equal(readNamedFile('serve.yaml', 'max-model-len: 4096\n').length, 1);
    assert.equal(readNamedFile('serve.yaml', 'model: gpt-4\ntemperature: 0.1\nmax_tokens: 10\n').length, 0);
    assert.equal(readNamedFile('k8s.yaml', 'apiVersion: v1\nkind: Pod\nmax-model-len: 4096\n').length, 0);
  });
});

describe('real files', function () {
  before(function () {
    if (!existsSync(CORPUS)) {
      console.log(`      skipped: ${CORPUS} is not here`);
      this.skip();
    }
  });

  it('finds every flat vLLM file of the corpus and no other', () => {
    const rows = readFileSync(`${CORPUS}/index.jsonl`, 'utf8').trim().split('\n');
    for (const line of rows) {
      const { file, path, kind } = JSON.parse(line) as { file: string; path: string; kind: string };
      assert.equal(looksLikeVllm(path, readFileSync(`${CORPUS}/${file}`, 'utf8')), kind === 'plain', `${file} (${path})`);
    }
  });
});
