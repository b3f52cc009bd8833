import * as assert from 'node:assert/strict';
import { Conversation, type PlannerServices, type Work } from '../../../src/features/planner/conversation';
import { decodeFacts, encodeFacts } from '../../../src/protocol/facts';
import { parseToHost, parseToPage, PROTOCOL_VERSION, type Followed, type ToPage } from '../../../src/protocol/messages';
import { sizedModel } from '../../../src/analysis/sizedModel';
import { ONLY_SIZE } from '../../../src/analysis/customModel';

const link = { uri: 'file:///project/a.yaml', version: 1, index: 0 };
const followed: Followed = {
  link,
  fileName: 'a.yaml',
  writable: true,
  args: [['model', 'x/y']],
  environment: [],
  version: '0.27.1',
  facts: null,
  modelName: 'x/y',
  modelProblem: null,
  gpu: null,
  gpuProblem: null,
  findings: [],
};

interface Talk {
  readonly conversation: Conversation;
  readonly sent: ToPage[];
  readonly works: Work[];
  shown: Followed | null;
  say(message: object): Promise<void>;
}

function talk(handle: (work: Work) => Promise<unknown> = () => Promise.resolve({ changed: true })): Talk {
  const sent: ToPage[] = [];
  const works: Work[] = [];
  const self: { shown: Followed | null } = { shown: followed };
  const services = {
    catalogue: () => ({ gpus: [], interconnects: [], versions: [] }),
    saved: () => [],
    followed: () => Promise.resolve(self.shown),
    handle: (_method: string, _params: unknown, work: Work) => {
      works.push(work);
      return handle(work);
    },
    command: () => undefined,
  } as unknown as PlannerServices;
  const conversation = new Conversation(services, (message) => sent.push(message), null);
  return Object.assign(self, {
    conversation,
    sent,
    works,
    say: async (message: object) => {
      conversation.receive(message);
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    },
  });
}

const ready = (client: string): object => ({ type: 'ready', protocol: PROTOCOL_VERSION, client, link: null });
const apply = (client: string, request: number, uri = link.uri): object => ({
  type: 'request',
  client,
  request,
  method: 'applyEdits',
  params: { link: { ...link, uri }, edits: { set: { 'max-model-len': 4096 }, remove: [] } },
});

describe('the conversation between page and editor', () => {
  it('begins with one snapshot that holds everything', async () => {
    const { say, sent } = talk();
    await say(ready('a'));
    assert.equal(sent.length, 1);
    assert.equal(sent[0]?.type, 'snapshot');
    assert.ok(parseToPage(JSON.parse(JSON.stringify(sent[0]))));
  });

  it('refuses what comes from a page that is not the present one', async () => {
    const { say, sent, conversation, works } = talk();
    await say(apply('a', 1));
    await say(ready('a'));
    await say(ready('b'));
    await say(apply('a', 1));
    assert.equal(conversation.refused, 2);
    assert.equal(works.length, 0);
    assert.deepEqual(
      sent.map(({ type, client }) => [type, client]),
      [
        ['snapshot', 'a'],
        ['snapshot', 'b'],
      ],
    );
  });

  it('refuses a page of another protocol, malformed messages and malformed parameters', async () => {
    const { say, sent, conversation, works } = talk();
    await say({ ...ready('a'), protocol: PROTOCOL_VERSION + 1 });
    await say(ready('a'));
    for (const message of [null, 'ready', {}, { type: 'command', client: 'a', command: 'rm' }, { ...apply('a', 1), extra: 1 }])
      await say(message as object);
    await say({ ...apply('a', 2), params: { link, edits: { set: { 'max-model-len': () => 1 } } } });
    assert.equal(conversation.refused, 7);
    assert.equal(works.length, 0);
    assert.deepEqual(sent.at(-1)?.type, 'failure');
  });

  it('refuses to write into a file that the page was not shown', async () => {
    const { say, sent, works } = talk();
    await say(ready('a'));
    await say(apply('a', 1, 'file:///etc/passwd'));
    assert.equal(works.length, 0);
    assert.match(JSON.stringify(sent.at(-1)), /another file/);
  });

  it('answers each request once, with its result or with words', async () => {
    const { say, sent } = talk();
    await say(ready('a'));
    await say(apply('a', 1));
    assert.deepEqual(sent.at(-1), { type: 'reply', client: 'a', sequence: sent.at(-1)?.sequence, request: 1, result: { changed: true } });
    const failing = talk(() => Promise.reject(new Error('The file changed meanwhile.')));
    await failing.say(ready('a'));
    await failing.say(apply('a', 1));
    assert.equal(failing.sent.at(-1)?.type, 'failure');
    assert.match(JSON.stringify(failing.sent.at(-1)), /The file changed meanwhile/);
  });

  it('tells work to stop, when asked and when the page is gone', async () => {
    const { say, works } = talk(() => new Promise(() => undefined));
    await say(ready('a'));
    await say(apply('a', 1));
    await say(apply('a', 2));
    await say({ type: 'cancel', client: 'a', request: 1 });
    assert.deepEqual(
      works.map(({ cancellation }) => cancellation.isCancellationRequested),
      [true, false],
    );
    await say(ready('b'));
    assert.equal(works[1]?.cancellation.isCancellationRequested, true);
  });

  it('does not answer a page that was replaced meanwhile', async () => {
    let finish: (value: unknown) => void = () => undefined;
    const { say, sent } = talk(() => new Promise((resolve) => (finish = resolve)));
    await say(ready('a'));
    await say(apply('a', 1));
    await say(ready('b'));
    finish({ changed: true });
    await say({});
    assert.equal(sent.filter(({ type }) => type === 'reply').length, 0);
  });

  it('never lets a slower look at an earlier state overwrite a later one', async () => {
    const answers: ((value: Followed | null) => void)[] = [];
    const { conversation, say, sent } = talk();
    await say(ready('a'));
    Object.assign(conversation, { services: { followed: () => new Promise((resolve) => answers.push(resolve)) } });
    const [first, second] = [conversation.refresh(), conversation.refresh()];
    answers[1]?.({ ...followed, fileName: 'later' });
    await second;
    answers[0]?.({ ...followed, fileName: 'earlier' });
    await first;
    assert.deepEqual(
      sent.filter((message) => message.type === 'followed').map((message) => message.followed?.fileName),
      ['later'],
    );
  });
});

describe('messages', () => {
  it('are refused with fields that nobody knows', () => {
    assert.equal(parseToHost({ ...ready('a'), evil: true }), null);
    assert.ok(parseToHost(ready('a')));
  });

  it('carry a model’s facts there and back', () => {
    const facts = { ...sizedModel({ ...ONLY_SIZE, custom_parameters: 8 }) };
    const exact = { ...facts, model: { ...facts.model, exactBytes: new Map([['attention', 5]]) } };
    assert.deepEqual(decodeFacts(JSON.parse(JSON.stringify(encodeFacts(exact)))), exact);
  });

  it('do not carry facts whose layers do not fit together', () => {
    const facts = encodeFacts(sizedModel({ ...ONLY_SIZE, custom_parameters: 8 }));
    const { architecture } = facts.model;
    const bend = (changes: object): unknown => ({ ...facts, model: { ...facts.model, architecture: { ...architecture, ...changes } } });
    for (const bent of [
      null,
      [],
      {},
      bend({ layout: [0, 1] }),
      bend({ layout: 'x' }),
      bend({ layerKinds: [null] }),
      bend({ hiddenSize: 'wide' }),
    ]) {
      assert.equal(decodeFacts(bent), null);
    }
  });
});
