import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { parameterCount } from '../../../src/estimator/parameters';
import { architectureFromConfig } from '../../../src/models/hfConfig';
import { resolveModel } from '../../../src/models/resolve';
import type { ModelContext } from '../../../src/models/resolve';
import { SMALL_CONFIG, contextFor, facts, problem, withFolder, writeJson } from './support';

/** Root may read everything: it becomes nobody for a while. */
async function withoutRoot<T>(use: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return use();
  process.seteuid?.('nobody');
  try {
    return await use();
  } finally {
    process.seteuid?.(0);
  }
}

function small(): ReturnType<typeof parameterCount> {
  const answer = architectureFromConfig(SMALL_CONFIG);
  assert.ok('architecture' in answer);
  return parameterCount(answer.architecture);
}

describe('a hostile folder', () => {
  const untrusted = (folder: string): ModelContext => contextFor(folder, { allowedRoots: [folder] });

  it('with a config.json of 4 GB is refused', () =>
    withFolder(async (folder) => {
      await mkdir(path.join(folder, 'm'));
      await writeFile(path.join(folder, 'm', 'config.json'), '{');
      await truncate(path.join(folder, 'm', 'config.json'), 4e9);
      assert.match(await problem('./m', contextFor(folder)), /has 4000\.0 MB; more than 8\.4 MB is not read/);
    }));

  it('with a config nested 100,000 deep is refused', () =>
    withFolder(async (folder) => {
      await mkdir(path.join(folder, 'm'));
      await writeFile(path.join(folder, 'm', 'config.json'), `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
      assert.match(await problem('./m', contextFor(folder)), /nested more than 64 levels deep/);
    }));

  it('with a link that leads back to itself is refused', () =>
    withFolder(async (folder) => {
      await symlink(path.join(folder, 'b'), path.join(folder, 'a'));
      await symlink(path.join(folder, 'a'), path.join(folder, 'b'));
      assert.match(await problem('./a', contextFor(folder)), /leads back to itself/);
    }));

  it('whose weights claim a header of 2^60 bytes is refused', () =>
    withFolder(async (folder) => {
      await writeJson(path.join(folder, 'm', 'config.json'), SMALL_CONFIG);
      const length = Buffer.alloc(16);
      length.writeBigUInt64LE(2n ** 60n);
      await writeFile(path.join(folder, 'm', 'model.safetensors'), length);
      assert.match(await problem('./m', contextFor(folder)), /claims a header of 1152921504606846976 bytes/);
    }));

  it('whose weights have no header at all is refused', () =>
    withFolder(async (folder) => {
      await writeJson(path.join(folder, 'm', 'config.json'), SMALL_CONFIG);
      await writeFile(path.join(folder, 'm', 'model.safetensors'), 'abc');
      assert.match(await problem('./m', contextFor(folder)), /3 bytes; too short for a safetensors file/);
    }));

  it('with broken JSON, or a config that is no config, says so', () =>
    withFolder(async (folder) => {
      await mkdir(path.join(folder, 'm'));
      await writeFile(path.join(folder, 'm', 'config.json'), '{"hidden_size": ');
      assert.match(await problem('./m', contextFor(folder)), /config\.json is not valid JSON/);
      await writeJson(path.join(folder, 'm', 'config.json'), { pipeline: 'diffusion' });
      assert.match(await problem('./m', contextFor(folder)), /does not state num_hidden_layers, hidden_size, vocab_size/);
    }));

  it('whose index names files outside it does not make us look there', () =>
    withFolder(async (folder) => {
      await writeJson(path.join(folder, 'm', 'config.json'), SMALL_CONFIG);
      const weight_map = { a: '../../../etc/passwd', b: '/etc/hosts' };
      await writeJson(path.join(folder, 'm', 'model.safetensors.index.json'), { weight_map });
      const answer = await resolveModel('./m', contextFor(folder));
      assert.ok(answer && 'facts' in answer);
      assert.deepEqual(
        answer.dependsOn?.filter((file) => file.includes('etc')),
        [],
      );
    }));

  it('in an untrusted workspace cannot lead outside it, neither by path nor by link', () =>
    withFolder((outside) =>
      withFolder(async (workspace) => {
        await writeJson(path.join(outside, 'm', 'config.json'), SMALL_CONFIG);
        await symlink(path.join(outside, 'm'), path.join(workspace, 'linked'));
        await mkdir(path.join(workspace, 'inner'));
        await symlink(path.join(outside, 'm', 'config.json'), path.join(workspace, 'inner', 'config.json'));
        for (const id of [path.join(outside, 'm'), `../${path.basename(outside)}/m`, './linked', './inner']) {
          assert.match(await problem(id, untrusted(workspace)), /outside the workspace, which is not trusted/, id);
        }
        await writeJson(path.join(workspace, 'own', 'config.json'), SMALL_CONFIG);
        assert.equal((await facts('./own', untrusted(workspace))).parameters, small());
      }),
    ));

  it('that is a device or a socket is not read', async () => {
    assert.match(await problem('/dev/zero', contextFor('/')), /No source knows/);
  });

  it('whose config or weights are a device or a pipe that nobody writes to is refused without waiting', () =>
    withFolder(async (folder) => {
      await mkdir(path.join(folder, 'device'));
      await symlink('/dev/zero', path.join(folder, 'device', 'config.json'));
      await mkdir(path.join(folder, 'pipe'));
      execFileSync('mkfifo', [path.join(folder, 'pipe', 'config.json')]);
      await writeJson(path.join(folder, 'weights', 'config.json'), SMALL_CONFIG);
      execFileSync('mkfifo', [path.join(folder, 'weights', 'model.safetensors')]);
      for (const id of ['./device', './pipe', './weights'])
        assert.match(await problem(id, contextFor(folder)), /is not a regular file/, id);
    }));

  it('whose config is a file of /proc that never ends is refused', async function () {
    if (!existsSync('/proc/self/pagemap')) this.skip();
    await withFolder(async (folder) => {
      await mkdir(path.join(folder, 'm'));
      await symlink('/proc/self/pagemap', path.join(folder, 'm', 'config.json'));
      assert.match(await problem('./m', contextFor(folder)), /is not valid JSON/);
    });
  });

  it('that this user may not read says so', () =>
    withFolder(async (folder) => {
      const file = path.join(folder, 'm', 'config.json');
      await writeJson(file, SMALL_CONFIG);
      await chmod(file, 0);
      await chmod(folder, 0o755);
      const said = await withoutRoot(() => problem('./m', contextFor(folder)));
      assert.match(said, /may not be read by this user/);
    }));

  it('with thousands of weight files, or a tensor whose bytes do not fit its shape, is refused', () =>
    withFolder(async (folder) => {
      await writeJson(path.join(folder, 'many', 'config.json'), SMALL_CONFIG);
      await Promise.all(Array.from({ length: 2001 }, (_, i) => writeFile(path.join(folder, 'many', `${i}.safetensors`), '')));
      assert.match(await problem('./many', contextFor(folder)), /2001 weight files in one folder/);
      await writeJson(path.join(folder, 'claims', 'config.json'), SMALL_CONFIG);
      const header = Buffer.from(JSON.stringify({ w: { dtype: 'BF16', shape: [4], data_offsets: [0, 2 ** 52] } }));
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(header.length));
      await writeFile(path.join(folder, 'claims', 'model.safetensors'), Buffer.concat([length, header]));
      assert.match(await problem('./claims', contextFor(folder)), /gives w 4503599627370496 bytes; its shape and type make 8/);
    }));

  it('with sizes that no model has is refused by name', () =>
    withFolder(async (folder) => {
      const cases: readonly (readonly [fields: Readonly<Record<string, unknown>>, message: RegExp])[] = [
        [{ num_hidden_layers: 1e9 }, /num_hidden_layers is 1000000000, expected a whole number from 1 to 4096/],
        [{ hidden_size: 1e308 }, /hidden_size is 1e\+308/],
        [{ hidden_size: -64 }, /hidden_size is -64/],
        [{ hidden_size: '64' }, /hidden_size is "64"/],
        [{ vocab_size: 1e15 }, /vocab_size is 1000000000000000/],
        [{ num_attention_heads: 0 }, /num_attention_heads is 0, expected a whole number from 1/],
        [{ num_key_value_heads: 0 }, /num_key_value_heads is 0, expected a whole number from 1/],
      ];
      for (const [index, [fields, message]] of cases.entries()) {
        await writeJson(path.join(folder, `m${index}`, 'config.json'), { ...SMALL_CONFIG, ...fields });
        assert.match(await problem(`./m${index}`, contextFor(folder)), message);
      }
    }));

  it('in UTF-16 is told so; NaN and Infinity, which Python writes, are read', () =>
    withFolder(async (folder) => {
      const text = JSON.stringify({ ...SMALL_CONFIG, note: 'NaN' });
      await mkdir(path.join(folder, 'utf16'));
      await writeFile(path.join(folder, 'utf16', 'config.json'), Buffer.from(`\ufeff${text}`, 'utf16le'));
      assert.match(await problem('./utf16', contextFor(folder)), /is not UTF-8 text: save it as UTF-8/);
      await mkdir(path.join(folder, 'python'));
      const python = text.replace('{', '{"time_step_limit": [0.0, Infinity], "a": -Infinity, "b": NaN, ');
      await writeFile(path.join(folder, 'python', 'config.json'), python);
      assert.equal((await facts('./python', contextFor(folder))).parameters, small());
    }));
});
