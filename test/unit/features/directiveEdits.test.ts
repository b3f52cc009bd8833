import * as assert from 'node:assert/strict';
import { applyEdits } from '../../../src/deployments/edits';
import { readDeployments } from '../../../src/deployments/readers';
import { countEdit, directiveEdit } from '../../../src/features/directiveEdits';

const chosen = { key: 'l40s', count: 4 };
const keys = 'model: Qwen/Qwen3-8B\nmax-model-len: 4096 # 上下文\n';

function written(text: string): string {
  const [deployment] = readDeployments('config.vllm.yaml', text);
  assert.ok(deployment);
  return applyEdits(text, [directiveEdit(text, deployment, chosen)]);
}

describe('naming the GPU in a file', () => {
  it('adds a directive as the first line', () => assert.equal(written(keys), `# vram: gpu=l40s count=4\n${keys}`));

  it('keeps the line ends of the file', () => {
    const text = keys.replaceAll('\n', '\r\n');
    assert.equal(written(text), `# vram: gpu=l40s count=4\r\n${text}`);
  });

  it('stays behind a byte order mark', () => assert.equal(written(`\ufeff${keys}`), `\ufeff# vram: gpu=l40s count=4\n${keys}`));

  it('replaces the GPU of a directive and keeps what else it says', () => {
    const text = `${keys}# VRAM: vllm=0.8.5 gpu="NVIDIA A100" memory=39.4, count=2\nport: 8000\n`;
    assert.equal(written(text), `${keys}# VRAM: gpu=l40s count=4 vllm=0.8.5\nport: 8000\n`);
  });

  it('completes a directive that only has a count', () => {
    assert.equal(written(`# vram: count=2\n${keys}`), `# vram: gpu=l40s count=4\n${keys}`);
  });

  it('can be read back', () => {
    const [deployment] = readDeployments('config.vllm.yaml', written(keys));
    assert.deepEqual(
      deployment?.gpuHints.map(({ name, count, source }) => ({ name, count, source })),
      [{ name: 'l40s', count: 4, source: 'directive' }],
    );
  });

  it('leaves a directive that names only the version alone', () => {
    const text = `# vram: vllm=0.8.5\n${keys}`;
    assert.equal(written(text), `# vram: gpu=l40s count=4\n${text}`);
  });
});

describe('stating another number of GPUs', () => {
  const counted = (text: string): string => {
    const [deployment] = readDeployments('config.vllm.yaml', text);
    assert.ok(deployment);
    const edit = countEdit(text, deployment, 8);
    return edit === null ? text : applyEdits(text, [edit]);
  };

  for (const [before, after] of [
    ['# vram: gpu=l40s count=2 vllm=0.8.5', '# vram: gpu=l40s count=8 vllm=0.8.5'],
    ['# vram: gpu=l40s', '# vram: gpu=l40s count=8'],
    ['# vram: memory=31.48 count=1', '# vram: memory=31.48 count=8'],
    ['# vram: vllm=0.8.5', '# vram: vllm=0.8.5'],
  ] as const) {
    it(`turns ${before} into ${after}`, () => assert.equal(counted(`${before}\n${keys}`), `${after}\n${keys}`));
  }
});
