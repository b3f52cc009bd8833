import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { version } from '../../../package.json';
import { EXIT } from '../../../src/cli/command';
import { cli } from './terminal';

const BODY = { model_name: 'Qwen3-8B', batch_size: 2, sequence_length: 4096 };

describe('rest on the command line', () => {
  it('prints the body of the answer', async () => {
    const health = await cli(['rest', 'GET', '/health']);
    assert.equal(health.code, EXIT.ok);
    assert.equal((JSON.parse(health.out) as { readonly version: string }).version, version);
    const memory = await cli(['rest', 'post', 'memory/inference'], JSON.stringify(BODY, null, 2));
    assert.equal(memory.code, EXIT.ok);
    // Two contexts of 4096 tokens x 144 KiB.
    assert.match(memory.out, /"kv_cache": "1\.13 GB"/);
  });

  it('prints an error as one, and ends with the code of what cannot be used', async () => {
    for (const [args, body, error] of [
      [['GET', 'models/nobody/nothing'], '', /There is no model/],
      [['PUT', 'models'], '', /PUT is not allowed on models; use GET/],
      [['POST', 'memory/inference'], '{"batch_size": 2', /is no JSON/],
      [['POST', 'memory/inference', '-'], JSON.stringify({ ...BODY, batch_size: 0 }), /batch_size is 0/],
    ] as const) {
      const { code, out } = await cli(['rest', ...args], body);
      assert.equal(code, EXIT.unusable);
      assert.match((JSON.parse(out) as { readonly error: string }).error, error);
    }
  });

  it('says what is wrong with the command itself', async () => {
    const { code, errors } = await cli(['rest', 'GET']);
    assert.equal(code, EXIT.unusable);
    assert.match(errors, /rest takes a method, a path/);
    assert.match((await cli(['rest', 'POST', 'memory/compare', 'no-such-file.json'])).errors, /no-such-file\.json" cannot be read/);
  });
});
