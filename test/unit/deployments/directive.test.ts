import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { readDirectives } from '../../../src/deployments/directive';

describe('the vram directive', () => {
  it('names card, count, memory and version, on any line', () => {
    const text = '# 说明\nmodel: x # vram: gpu="NVIDIA L40S" count=2 memory=44.5GiB vllm=0.8.5.post1 \r\n';
    const { gpuHints, vllmVersion, problems } = readDirectives(text);
    assert.equal(vllmVersion, '0.8.5.post1');
    assert.deepEqual(problems, []);
    const [hint] = gpuHints;
    assert.ok(hint && gpuHints.length === 1);
    assert.deepEqual([hint.name, hint.count, hint.totalMemoryGib, hint.source], ['NVIDIA L40S', 2, 44.5, 'directive']);
    assert.equal(text.slice(hint.range.start, hint.range.end), '# vram: gpu="NVIDIA L40S" count=2 memory=44.5GiB vllm=0.8.5.post1');
  });

  it('takes a name with blanks as it stands, up to the next setting', () => {
    const names = (text: string): unknown => readDirectives(text).gpuHints.map(({ name, count }) => [name, count]);
    assert.deepEqual(names('# vram: gpu=RTX 4090 count=2'), [['RTX 4090', 2]]);
    assert.deepEqual(names('# vram: count=2, gpu = NVIDIA L40S'), [['NVIDIA L40S', 2]]);
    assert.deepEqual(names('# vram: gpu=rtx_4090 count=2 两张卡'), [['rtx_4090', 2]]);
    assert.deepEqual(names('# vram: gpu=rtx_4090 两张卡 count=2'), [['rtx_4090', 2]]);
  });

  it('may name only the memory', () => {
    const [hint] = readDirectives('#vram: memory=31.48').gpuHints;
    assert.deepEqual([hint?.name, hint?.count, hint?.totalMemoryGib], [null, null, 31.48]);
  });

  it('tells of the machine: its memory and what vLLM sees in the environment', () => {
    const { host, problems, gpuHints } = readDirectives(
      '# vram: gpu=RTX 4090 env.VLLM_PP_LAYER_PARTITION=20,16, host-memory=128 count=2\nmodel: x # vram: env.WSL_DISTRO_NAME="Ubuntu 24"\n',
    );
    assert.deepEqual(problems, []);
    assert.equal(host.memoryGib, 128);
    assert.deepEqual(
      [...host.environment],
      [
        ['VLLM_PP_LAYER_PARTITION', '20,16'],
        ['WSL_DISTRO_NAME', 'Ubuntu 24'],
      ],
    );
    assert.deepEqual([gpuHints[0]?.name, gpuHints[0]?.count], ['RTX 4090', 2]);
  });

  it('says of a host memory that is no size', () => {
    const { host, problems } = readDirectives('# vram: host-memory=much\n');
    assert.equal(host.memoryGib, null);
    assert.match(problems[0]?.message ?? '', /host-memory=much is no size/);
  });

  it('says what is wrong and where, and uses the rest', () => {
    const text = '# vram: gpu=rtx_4090 count=two memory=-1 vllm=latest cards=2\n';
    const { gpuHints, problems } = readDirectives(text);
    assert.equal(gpuHints[0]?.name, 'rtx_4090');
    assert.deepEqual(
      problems.map(({ range }) => text.slice(range.start, range.end)),
      ['count=two', 'memory=-1', 'vllm=latest', 'cards=2'],
    );
    assert.match(problems[3]?.message ?? '', /gpu, count, memory, vllm, host-memory and env.NAME/);
  });

  it('is not found in prose or in a value', () => {
    for (const text of ['# VRAM: 24 GB', 'note: "x#vram: gpu=a"', '# about vram: see below'])
      assert.deepEqual(readDirectives(text).gpuHints, [], text);
  });
});
