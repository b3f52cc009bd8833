import * as assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { readVllmYaml } from '../../../src/deployments/vllmYaml';

/** First syntax problem of a text: its message and what it marks. */
function first(text: string): { readonly message: string; readonly marked: string } | null {
  const problem = readVllmYaml(text).problems.find(({ kind }) => kind === 'syntax');
  return problem ? { message: problem.message, marked: text.slice(problem.range.start, problem.range.end) } : null;
}

/** Text, what is said of it, and what is marked; PyYAML 6.0.3 refuses each. */
const REFUSED: readonly (readonly [text: string, said: RegExp, marked?: string])[] = [
  ['hf-overrides:\n\tx: 1\n', /^A tab indents this line\. Use spaces\. \(Tabs are not allowed as indentation\)$/],
  ['port: 1\nmodel:a/b\ndtype: auto\n', /A space is missing after the colon\. Write "model: a\/b"\./, 'model:a/b'],
  ['port: 1\nmodel a/b\ndtype: auto\n', /"model a\/b" has no colon/, 'model a/b'],
  ['port: 1\n- a\n', /An entry of a list stands among keys/],
  ['port: 1\nmodel: "a/b # mine\ndtype: auto\n', /This quote is never closed/, '"a/b # mine'],
  ["port: 1\nmodel: 'a/b\n", /This quote is never closed/, "'a/b"],
  ['model: a/b\n  port: 1\n', /indented further than the key above/, '  port: 1'],
  ['  model: a/b\nport: 1\n', /begins further left than the first key/],
  ['hf-overrides:\n    x: 1\n  y: 2\n', /begins in another column/],
  ['model: a: b\n', /must stand in quotes; two keys need two lines/],
  ['model: @b\n', /begins with @ must stand in quotes/],
  ['model: `b`\n', /begins with ` must stand in quotes/],
  ['model: %b\n', /begins with % must stand in quotes/],
  ['lora-modules: [a, b\nport: 1\n', /bracket before this is not closed\. Add the missing \]/],
  ['hf-overrides: {"a": 1\nport: 1\n', /bracket before this is not closed\. Add the missing \}/],
  ['port: 1\nmodel: ]\n', /bracket closes none/],
  ['model: "C:\\q"\n', /backslash/],
  ['model: "a" b\n', /Something follows a value that has ended/],
  ['model: a/b\nhf-overrides: &x {a: 1}\nspeculative-config: &x {b: 1}\n', /anchor &x is given a second time.*found duplicate anchor 'x'/],
  ['model: *x\n', /No anchor &x stands before this.*found undefined alias 'x'/, '*x'],
  ['model:\ta/b\n', /A tab stands here\. Use spaces\./, '\t'],
  ['model: a/b\t# mine\n', /A tab stands here/, '\t'],
  ['model: a/b\n\t\nport: 1\n', /A tab stands here/, '\t'],
  ['model: a\tb\n', /A tab stands here/, '\t'],
  ['model: a\u0001b\n', /control character/, '\u0001'],
];

/** What looks alike and PyYAML 6.0.3 reads. */
const READ: readonly string[] = [
  'model: "a\tb"\n',
  "model: 'a\tb'\n",
  'model: a # b\tc\n',
  'model: a\nchat-template: |\n  x\ty\n  \tz\nport: 1\n',
  'a: &x 1\nb: *x\nc: *x\n',
  '\ufeffmodel: a\n',
  'model: a😀\u00a0b\n',
  'a: &x {y: 1}\nb:\n  <<: *x\n',
];

describe('what keeps a file from being read', () => {
  for (const [text, said, marked] of REFUSED) {
    it(`is told in plain words: ${JSON.stringify(text)}`, () => {
      const problem = first(text);
      assert.match(problem?.message ?? '', said);
      if (marked !== undefined) assert.equal(problem?.marked, marked);
    });
  }
  for (const text of READ) it(`is not seen in ${JSON.stringify(text)}`, () => assert.equal(first(text), null));
});
