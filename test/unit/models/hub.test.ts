import assert from 'node:assert/strict';
import * as path from 'node:path';
import { parameterCount } from '../../../src/estimator/parameters';
import { architectureFromConfig } from '../../../src/models/hfConfig';
import { HubSource } from '../../../src/models/hub';
import { HubStore } from '../../../src/models/hubStore';
import { resolveModel } from '../../../src/models/resolve';
import type { ModelAnswer } from '../../../src/models/source';
import { HubServer } from './hubServer';
import { SMALL_CONFIG, SMALL_GGUF_PARAMETERS, checkpointTensors, contextFor, safetensorsBytes, smallGguf, withFolder } from './support';

const built = architectureFromConfig(SMALL_CONFIG);
assert.ok('architecture' in built);
const PARAMETERS = parameterCount(built.architecture);
const config = Buffer.from(JSON.stringify(SMALL_CONFIG));
const tensors = checkpointTensors(built.architecture);
const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(4 * PARAMETERS)]);
const half = Math.ceil(tensors.length / 2);
const shard = (index: number): string => `model-0000${index}-of-00002.safetensors`;

const REPOSITORIES = {
  'org/single': { sha: 'a'.repeat(40), files: { 'config.json': config, 'model.safetensors': padded(safetensorsBytes(tensors)) } },
  'org/sharded': {
    sha: 'b'.repeat(40),
    files: {
      'config.json': config,
      'model.safetensors.index.json': Buffer.from(
        JSON.stringify({
          metadata: {},
          weight_map: Object.fromEntries(tensors.map(({ name }, index) => [name, shard(index < half ? 1 : 2)])),
        }),
      ),
      [shard(1)]: padded(safetensorsBytes(tensors.slice(0, half))),
      [shard(2)]: padded(safetensorsBytes(tensors.slice(half))),
    },
  },
  'org/config-only': { sha: 'c'.repeat(40), files: { 'config.json': config } },
  'org/gated': { sha: 'd'.repeat(40), gatedBy: 'hf_secret', files: { 'config.json': config } },
  'org/repo-GGUF': {
    sha: 'e'.repeat(40),
    files: { 'm-Q4_K_M.gguf': Buffer.concat([smallGguf(), Buffer.alloc(4_000_000)]), 'm-Q8_0.gguf': Buffer.from('GGUF?') },
  },
  'org/copy-GGUF': {
    sha: '9'.repeat(40),
    files: {
      'config.json': Buffer.from(
        JSON.stringify({ ...SMALL_CONFIG, hidden_size: 256, intermediate_size: 512, vocab_size: 1024, head_dim: 64 }),
      ),
      'q4/m-Q4_K_M.gguf': Buffer.concat([smallGguf(), Buffer.alloc(4_000_000)]),
    },
  },
  'org/broken': { sha: 'f'.repeat(40), files: { 'config.json': Buffer.from('<html>') } },
};

describe('the Hub', () => {
  const server = new HubServer(REPOSITORIES);
  let endpoint = '';
  before(async () => {
    endpoint = await server.start();
  });
  after(() => server.stop());
  beforeEach(() => {
    server.trouble = {};
    server.requests.length = 0;
  });

  const source = (
    folder: string,
    more: { readonly token?: string; readonly timeoutMs?: number; readonly endpoint?: string } = {},
  ): HubSource =>
    new HubSource(
      {
        endpoint: more.endpoint ?? endpoint,
        token: () => Promise.resolve(more.token ?? null),
        timeoutMs: more.timeoutMs ?? 5000,
        fetch: globalThis.fetch,
      },
      new HubStore(path.join(folder, 'kept')),
    );
  const ask = (hub: HubSource, id: string, mayFetch = true): Promise<ModelAnswer> =>
    resolveModel(id, contextFor('/nonexistent', { hub, mayFetch }));
  const trouble = async (hub: HubSource, id = 'org/single'): Promise<string> => {
    const answer = await hub.fetch(id, null);
    assert.ok('problem' in answer, JSON.stringify(answer));
    return answer.problem;
  };

  it('gives config and exact bytes by range requests, without the weights', () =>
    withFolder(async (folder) => {
      for (const id of ['org/single', 'org/sharded']) {
        const answer = await ask(source(folder), id);
        assert.ok(answer && 'facts' in answer, JSON.stringify(answer));
        const { facts } = answer;
        assert.deepEqual([facts.source, facts.confidence, facts.parameters], ['hub', 'exact', PARAMETERS]);
        assert.equal(
          [...(facts.model.exactBytes?.values() ?? [])].reduce((sum, value) => sum + value, 0),
          2 * PARAMETERS,
        );
        assert.equal(facts.origin, `${endpoint}/${id}/tree/${REPOSITORIES[id as 'org/single'].sha}`);
      }
      const weights = server.requests.filter((request) => /\.safetensors( |$)/.test(request));
      assert.ok(weights.length > 0);
      assert.deepEqual(
        weights.filter((request) => !request.includes('bytes=') && !request.startsWith('HEAD')),
        [],
      );
    }));

  it('gives the config alone where there are no safetensors', () =>
    withFolder(async (folder) => {
      const answer = await ask(source(folder), 'org/config-only');
      assert.ok(answer && 'facts' in answer, JSON.stringify(answer));
      assert.deepEqual([answer.facts.source, answer.facts.model.exactBytes], ['hub', null]);
    }));

  it('gives the header of the wanted GGUF file', () =>
    withFolder(async (folder) => {
      const answer = await ask(source(folder), 'org/repo-GGUF:Q4_K_M');
      assert.ok(answer && 'facts' in answer, JSON.stringify(answer));
      assert.deepEqual(
        [answer.facts.source, answer.facts.parameters, answer.facts.model.quantization?.ggufType],
        ['hub', SMALL_GGUF_PARAMETERS, 'Q4_K_M'],
      );
    }));

  it('takes the usual GGUF file where none is named and says so, and misses one that is not there', () =>
    withFolder(async (folder) => {
      const answer = await ask(source(folder), 'org/repo-GGUF');
      assert.ok(answer && 'facts' in answer, JSON.stringify(answer));
      assert.equal(answer.facts.confidence, 'derived');
      assert.match(answer.facts.assumptions.join(), /2 GGUF files at .*: m-Q4_K_M\.gguf taken/);
      assert.match(await trouble(source(folder), 'org/repo-GGUF:Q6_K'), /no GGUF file of type Q6_K: there is m-Q4_K_M\.gguf, m-Q8_0\.gguf/);
    }));

  it('reads the GGUF file beside the config of the base model', () =>
    withFolder(async (folder) => {
      const answer = await ask(source(folder), 'org/copy-GGUF');
      assert.ok(answer && 'facts' in answer, JSON.stringify(answer));
      const { model, parameters, confidence } = answer.facts;
      assert.deepEqual([model.quantization?.ggufType, parameters, confidence], ['Q4_K_M', SMALL_GGUF_PARAMETERS, 'exact']);
    }));

  it('is not asked without permission', () =>
    withFolder(async (folder) => {
      const answer = await ask(source(folder), 'org/single', false);
      assert.ok(answer && 'problem' in answer);
      assert.deepEqual(server.requests, []);
    }));

  it('is asked once: the answer is kept with its revision and needs no network any more', () =>
    withFolder(async (folder) => {
      const hub = source(folder);
      await ask(hub, 'org/single');
      server.requests.length = 0;
      const kept = await ask(source(folder), 'ORG/single', false);
      assert.ok(kept && 'facts' in kept);
      assert.deepEqual([kept.facts.parameters, kept.facts.source], [PARAMETERS, 'hub']);
      assert.equal(
        [...(kept.facts.model.exactBytes?.values() ?? [])].reduce((sum, value) => sum + value, 0),
        2 * PARAMETERS,
      );
      assert.deepEqual(server.requests, []);
      assert.equal(await hub.kept('org/single', 'v2'), null);
    }));

  it('gives a gated model to the right token, and says what to do without', () =>
    withFolder(async (folder) => {
      const answer = await source(folder, { token: 'hf_secret' }).fetch('org/gated', null);
      assert.ok('facts' in answer, JSON.stringify(answer));
      assert.match(await trouble(source(folder), 'org/gated'), /asks for a token for org\/gated.*401.*Set an access token/);
      assert.match(
        await trouble(source(folder, { token: 'hf_wrong' }), 'org/gated'),
        /refuses org\/gated.*403.*Accept the model's conditions/,
      );
    }));

  it('in trouble gives a message with the way out', () =>
    withFolder(async (folder) => {
      assert.match(await trouble(source(folder), 'org/nothing'), /has no model org\/nothing.*404/);
      server.trouble = { status: 429 };
      assert.match(await trouble(source(folder)), /too many requests.*Try again in a few minutes/);
      server.trouble = { status: 503 };
      assert.match(await trouble(source(folder)), /problem of its own \(503\)/);
      server.trouble = { body: '<html>captive portal</html>' };
      assert.match(await trouble(source(folder)), /not JSON/);
      server.trouble = { delayMs: 500 };
      assert.match(await trouble(source(folder, { timeoutMs: 50 })), /did not answer within 0\.05 seconds/);
      server.trouble = {};
      assert.match(await trouble(source(folder), 'org/broken'), /not valid JSON/);
      assert.match(await trouble(source(folder, { endpoint: 'http://127.0.0.1:9' })), /cannot be reached/);
    }));

  it('in trouble leaves the next best source and the reason', () =>
    withFolder(async (folder) => {
      server.trouble = { status: 503 };
      const answer = await ask(source(folder), 'Qwen/Qwen3-8B');
      assert.ok(answer && 'facts' in answer);
      assert.equal(answer.facts.source, 'catalogue');
      assert.match(answer.facts.assumptions.join(), /503/);
    }));

  it('stops when it is aborted', () =>
    withFolder(async (folder) => {
      server.trouble = { delayMs: 1000 };
      const controller = new AbortController();
      const asked = source(folder).fetch('org/single', null, controller.signal);
      setTimeout(() => controller.abort(), 20);
      await assert.rejects(asked, { name: 'AbortError' });
    }));
});
