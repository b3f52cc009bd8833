import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { EXIT } from '../../../src/cli/command';
import { JsonProgress } from '../../../src/cli/jsonProgress';
import { requestCommand, requestTexts } from '../../../src/cli/requests';
import { forAll } from '../properties';
import { cli, inTerminal } from './terminal';

interface Text {
  readonly text: string;
  readonly line: number | null;
}

/** Gives lines one after another, and remembers how many were asked for. */
class Source implements AsyncIterable<string> {
  asked = 0;

  constructor(private readonly lines: Iterable<string>) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (const line of this.lines) {
      this.asked++;
      yield await Promise.resolve(line);
    }
  }
}

async function split(lines: readonly string[]): Promise<readonly Text[]> {
  const texts: Text[] = [];
  for await (const text of requestTexts(new Source(lines))) texts.push(text);
  return texts;
}

const numbered = (texts: readonly Text[]): readonly (number | null)[] => texts.map(({ line }) => line);

/** A request cut off, or written with a slip. */
const BROKEN = ['{"gpu_key": "rtx_4090", "llm_k', '{"gpu_key": "rtx_4090", "llm_key":', '{"gpu_key": "rtx_4090"', '{gpu_key: 1}', 'x', '['];
const ROW = '{"gpu_key": "rtx_4090"}';

describe('JSON Lines', () => {
  for (const first of BROKEN) {
    it(`go on after a first line that is ${first}`, async () => {
      const source = new Source([first, ...Array<string>(1000).fill(ROW)]);
      const texts = requestTexts(source)[Symbol.asyncIterator]();
      for (let line = 1; line <= 500; line++) {
        const { value, done } = await texts.next();
        assert.ok(done !== true);
        assert.equal(value.line, line);
        assert.ok(source.asked <= Math.max(3, line), `line ${line} is answered when ${source.asked} are read`);
      }
    });
  }

  it('are numbered with their blank lines', async () => {
    assert.deepEqual(numbered(await split(['', '{broken', '', ROW, ' ', ROW])), [2, 4, 6]);
    assert.deepEqual(numbered(await split([ROW, '', '{broken'])), [1, 3]);
  });

  it('are not held for ever when no line is JSON', async () => {
    const source = new Source(
      (function* () {
        for (;;) yield 'gpu_key: rtx_4090, llm_key: Qwen/Qwen3-8B';
      })(),
    );
    for await (const { line } of requestTexts(source)) {
      assert.equal(line, 1);
      return;
    }
  });

  it('are all answered where one of them makes the calculator fail', async () => {
    const command = requestCommand<object>({
      name: 'fails',
      summary: '',
      help: '',
      answer: (input) => {
        if (JSON.stringify(input).includes('fail')) throw new TypeError('size is undefined');
        return { response: { input } };
      },
      fits: () => true,
    });
    const lines = ['{"n": 1}', '{"id": "b", "n": "fail"}', '{"n": 3}'].join('\n');
    const { code, out } = await inTerminal((terminal) => command.run(['-'], terminal), lines);
    const [first, second, third] = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    assert.equal(code, EXIT.unusable);
    assert.deepEqual([first, third], [{ input: { n: 1 } }, { input: { n: 3 } }]);
    assert.deepEqual([second?.['id'], second?.['line']], ['b', 2]);
    assert.match(String(second?.['error']), /calculator itself fails on this request: TypeError: size is undefined/);
  });

  it('name the line of a mistake and no other', async () => {
    const { out } = await cli(['finetuning', '-'], `${ROW}\n{"gpu_key": x}\n`);
    const { line, error } = JSON.parse(out.split('\n')[1] ?? '') as { readonly line: number; readonly error: string };
    assert.equal(line, 2);
    assert.match(error, /^The request on line 2 is no JSON: (?!.*line 1)/);
  });
});

describe('one document', () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 });
  const spaces = fc.constantFrom(0, 1, 2, '\t');

  it('is one request on however many lines, at any indent and with blank lines', async () => {
    const documents = fc.sample(fc.tuple(object, spaces), { numRuns: 200, seed: 1 });
    for (const [value, indent] of documents) {
      const lines = ['', ...JSON.stringify(value, null, indent).split('\n'), ''];
      const [whole, ...more] = await split(lines);
      assert.deepEqual([more.length, whole?.line], [0, null]);
      assert.deepEqual(JSON.parse(whole?.text ?? ''), JSON.parse(JSON.stringify(value)));
    }
  });

  it('may hold whole objects on its lines', async () => {
    const lines = ['{"configurations": [', ROW + ',', ROW, ']}'];
    assert.deepEqual(numbered(await split(lines)), [null]);
  });

  it('may begin with a byte order mark', async () => {
    const [whole] = await split([`\ufeff${ROW}`]);
    assert.equal(whole?.text, ROW);
  });

  it('with a slip on one of its lines is one mistake', async () => {
    assert.deepEqual(numbered(await split(['{', '  gpu_key: "rtx_4090",', '  "llm_key": "x"', '}'])), [null]);
    assert.deepEqual(numbered(await split(['gpu_key: rtx_4090', 'llm_key: x'])), [null]);
  });

  it('is told from its beginnings and from what is none as JSON.parse does', () => {
    const mangled = fc
      .tuple(
        fc.jsonValue(),
        spaces,
        fc.nat(),
        fc.constantFrom('', ',', ':', '"', '}', ']', '{', '[', '1', 'e', '.', '-', '\\', '\n', 'null'),
      )
      .map(([value, indent, at, insert]) => {
        const text = JSON.stringify(value, null, indent);
        const place = at % (text.length + 1);
        return text.slice(0, place) + insert + text.slice(place + (at % 3 === 0 ? 1 : 0));
      });
    forAll(
      [mangled],
      (text) => {
        const progress = new JsonProgress();
        const lines = text.split('\n');
        lines.forEach((line, index) => {
          progress.read(line);
          const parsed = isJson(lines.slice(0, index + 1).join('\n'));
          assert.equal(progress.isComplete, parsed);
          if (parsed) assert.equal(progress.isBroken, false);
        });
        assert.ok(!progress.isBroken || !isJson(text));
      },
      2000,
    );
  });

  it('is open at the end of every line but the last', () => {
    forAll([object, spaces], (value, indent) => {
      const progress = new JsonProgress();
      for (const line of JSON.stringify(value, null, indent).split('\n')) {
        assert.equal(progress.isComplete || progress.isBroken, false);
        progress.read(line);
      }
      assert.ok(progress.isComplete);
    });
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
