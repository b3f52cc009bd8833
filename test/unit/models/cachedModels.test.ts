import * as assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { cachedModelIds } from '../../../src/models/caches';
import { ModelFiles } from '../../../src/models/files';

describe('models of the Hugging Face cache', () => {
  it('are listed by id, other entries left out', async () => {
    const hub = mkdtempSync(path.join(os.tmpdir(), 'vram-planner-hub-'));
    try {
      for (const name of ['models--Qwen--Qwen3-8B', 'models--gpt2', 'datasets--org--data', '.locks', 'models--a--b--c'])
        mkdirSync(path.join(hub, name));
      const ids = await cachedModelIds(new ModelFiles(null), { huggingFace: [hub, path.join(hub, 'missing')], modelScope: [] });
      assert.deepEqual(ids, ['Qwen/Qwen3-8B', 'a/b--c', 'gpt2']);
    } finally {
      rmSync(hub, { recursive: true });
    }
  });
});
