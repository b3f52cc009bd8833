import * as assert from 'node:assert/strict';
import { EXIT } from '../../../src/cli/command';
import { cli, type Outcome } from './terminal';

const run = (args: readonly string[], stdin: string): Promise<Outcome> => cli(['finetuning', ...args], stdin);

const GOOD = { gpu_key: 'rtx_4090', llm_key: 'Qwen/Qwen3-8B', finetuning_method: 'qlora' };
const TOO_LARGE = { ...GOOD, finetuning_method: 'full' };

/** What the tests read of a response or an error. */
interface Printed {
  readonly line?: number;
  readonly id?: unknown;
  readonly memory_status?: string;
  readonly error?: string;
  readonly problems?: readonly { readonly field: string }[];
}

const lines = (out: string): readonly Printed[] =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Printed);

describe('finetuning on the command line', () => {
  it('answers one object, on one line or several, with an indented one', async () => {
    for (const text of [JSON.stringify(GOOD), JSON.stringify(GOOD, null, 2)]) {
      const { code, out } = await run(['-'], text);
      assert.equal(code, EXIT.ok);
      assert.ok(out.startsWith('{\n  "unit": "GiB"'));
      assert.equal((JSON.parse(out) as Printed).memory_status, 'moderate');
    }
  });

  it('answers a broken line in its place, with its number', async () => {
    const { code, out } = await run(['-'], [JSON.stringify(GOOD), '', '{broken', JSON.stringify({ ...GOOD, lora_rank: 0 })].join('\n'));
    assert.equal(code, EXIT.unusable);
    assert.deepEqual(
      lines(out).map((answer) => answer.line),
      [undefined, 3, 4],
    );
  });

  it('takes a model of which only the size is known, and says what it guessed', async () => {
    const sized = await run(['-'], JSON.stringify({ ...GOOD, llm_key: 'custom', custom_model: { params_b: 12 } }));
    const total = (JSON.parse(sized.out) as { readonly total_parameters: number }).total_parameters;
    assert.ok(Math.abs(total / 12e9 - 1) < 0.01, String(total));
    const named = await run(['-'], JSON.stringify({ ...GOOD, llm_key: 'nobody/something-12b' }));
    const { assumptions } = JSON.parse(named.out) as { readonly assumptions: readonly string[] };
    assert.match(assumptions[0] ?? '', /The model: only the size in the name is known/);
  });

  it('answers JSON Lines line by line, with an error for each that cannot be used', async () => {
    const { code, out } = await run(
      [],
      `${JSON.stringify(GOOD)}\n\nnot json\n${JSON.stringify({ ...GOOD, gpu_key: 'rtx_9999', batch_size: 0 })}\n`,
    );
    const [first, second, third] = lines(out);
    assert.equal(code, EXIT.unusable);
    assert.equal(first?.memory_status, 'moderate');
    assert.match(second?.error ?? '', /no JSON/);
    assert.deepEqual(
      third?.problems?.map((problem) => problem.field),
      ['batch_size', 'gpu_key'],
    );
  });

  it('gives each answer the id of its request', async () => {
    const { out } = await run(['-'], `${JSON.stringify({ id: 'a', ...GOOD })}\n${JSON.stringify({ id: 7, ...GOOD, gpu_key: 'rtx_9999' })}`);
    assert.deepEqual(
      lines(out).map((line) => [line.id, line.error === undefined]),
      [
        ['a', true],
        [7, false],
      ],
    );
  });

  it('says with its exit code that a run does not fit', async () => {
    const { code, out } = await run(['-'], `${JSON.stringify(GOOD)}\n${JSON.stringify(TOO_LARGE)}`);
    assert.equal(code, EXIT.doesNotFit);
    assert.deepEqual(
      lines(out).map((line) => line.memory_status),
      ['moderate', 'insufficient'],
    );
  });

  it('takes an architecture in the request', async () => {
    const config = {
      model_type: 'llama',
      hidden_size: 2048,
      num_hidden_layers: 16,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      intermediate_size: 8192,
      vocab_size: 128256,
      tie_word_embeddings: true,
    };
    const { out } = await run(['-'], JSON.stringify({ ...GOOD, llm_key: 'custom', custom_model: config }));
    // Llama-3.2-1B: 1,235,814,400 parameters.
    assert.equal((JSON.parse(out) as { total_parameters: number }).total_parameters, 1_235_814_400);
  });

  it('names what is wrong with the command itself', async () => {
    const missing = await run(['no-such-file.json'], '');
    assert.equal(missing.code, EXIT.unusable);
    assert.match(missing.errors, /no-such-file\.json" cannot be read/);
    const empty = await run(['-'], ' \n');
    assert.match(empty.errors, /holds no request/);
    const flag = await run(['--gpu', 'x'], '');
    assert.equal(flag.code, EXIT.unusable);
  });
});
