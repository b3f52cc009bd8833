import * as assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { DeploymentProblem } from '../../../src/deployments/deployment';
import { applyEdits } from '../../../src/deployments/edits';
import { readVllmYaml } from '../../../src/deployments/vllmYaml';

function problemsOf(text: string): readonly DeploymentProblem[] {
  return readVllmYaml(text).problems.filter(({ kind }) => kind === 'syntax');
}

function marked(text: string, { range }: DeploymentProblem): string {
  return text.slice(range.start, range.end);
}

/** Text, what is said of it, what is marked, and what PyYAML 6.0.3 says, which refuses each. */
const REFUSED: readonly (readonly [text: string, said: RegExp, place: string, pyYaml: string])[] = [
  ['hf-overrides:\n\tx: 1\n', /^A tab indents this line\. Use spaces\.$/, '\t', "found character '\\t' that cannot start any token"],
  ['model:\ta/b\n', /^A tab stands here\. Use spaces\.$/, '\t', "found character '\\t' that cannot start any token"],
  ['model: a/b\t# mine\n', /^A tab stands here/, '\t', "found character '\\t' that cannot start any token"],
  ['model: a/b\n\t\nport: 1\n', /^A tab stands here/, '\t', "found character '\\t' that cannot start any token"],
  ['model: a\tb\n', /^A tab stands here/, '\t', "found character '\\t' that cannot start any token"],
  [
    'port: 1\nmodel:a/b\ndtype: auto\n',
    /A space is missing after the colon\. Write "model: a\/b"\./,
    'model:a/b',
    "could not find expected ':'",
  ],
  ['port: 1\n"model":a/b\ndtype: auto\n', /Write "model: a\/b"\./, '"model":a/b', "could not find expected ':'"],
  ['model:a/b\nport: 1\n', /A space is missing after the colon/, 'model:a/b', 'mapping values are not allowed here'],
  ['hf-overrides:\n  x:1\n  y: 2\n', /A space is missing after the colon/, 'x:1', 'mapping values are not allowed here'],
  ['port: 1\nmodel a/b\ndtype: auto\n', /"model a\/b" has no colon/, 'model a/b', "could not find expected ':'"],
  ['port: 1\n- a\n', /An entry of a list stands among keys/, '- a', "expected <block end>, but found '-'"],
  ['lora-modules:\n  - a\n  port: 1\n', /A key stands among the entries of a list/, 'port: 1', "expected <block end>, but found '?'"],
  ['model: - a\n', /A list begins on a line of its own/, '-', 'sequence entries are not allowed here'],
  ['model: "a/b # mine\ndtype: auto\n', /This quote is never closed/, '"a/b # mine', 'found unexpected end of stream'],
  ["port: 1\nmodel: 'a/b\n", /This quote is never closed/, "'a/b", 'found unexpected end of stream'],
  ['model: "a/b\nport: 1\ndtype: "auto"\n', /This quote is never closed/, '"a/b', "expected <block end>, but found '<scalar>'"],
  ['model: a/b\n  port: 1\n', /indented further than the key above/, 'port: 1', 'mapping values are not allowed here'],
  [
    '  model: a/b\nport: 1\n',
    /begins further left than the first key/,
    'port: 1',
    "expected '<document start>', but found '<block mapping start>'",
  ],
  ['hf-overrides:\n    x: 1\n  y: 2\n', /begins in another column/, 'y: 2', "expected <block end>, but found '<block mapping start>'"],
  ['\n\ufeff\nport: 1\n', /indented further than the key above/, 'port: 1', 'mapping values are not allowed here'],
  ['model: a: b\n', /must stand in quotes; two keys need two lines/, ':', 'mapping values are not allowed here'],
  ['model: @b\n', /begins with @ must stand in quotes/, '@', "found character '@' that cannot start any token"],
  ['model: `b`\n', /begins with ` must stand in quotes/, '`', "found character '`' that cannot start any token"],
  ['model: %b\n', /begins with % must stand in quotes/, '%', "found character '%' that cannot start any token"],
  ['model: *.gguf\n', /begins with \* must stand in quotes/, '*.', "expected alphabetic or numeric character, but found '.'"],
  ['lora-modules: [a, b\nport: 1\n', /The bracket \[ is not closed\. Add the missing \]/, '[', "expected ',' or ']', but got ':'"],
  ['hf-overrides: {"a": 1\nport: 1\n', /The bracket \{ is not closed\. Add the missing \}/, '{', "expected ',' or '}', but got ':'"],
  ['hf-overrides: {"a": 1\n', /The bracket \{ is not closed\. Add the missing \}/, '{', "expected ',' or '}', but got '<stream end>'"],
  ['hf-overrides: {\n  "a": 1\n  "b": 2\n}\n', /A comma is missing before this/, '"b": 2', "expected ',' or '}', but got ':'"],
  ['port: 1\nmodel: ]\n', /bracket closes none/, ']', "expected the node content, but found ']'"],
  ['model: "C:\\q"\n', /backslash/, '\\q', "found unknown escape character 'q'"],
  ['model: "a" b\n', /Something follows a value that has ended/, 'b', "expected <block end>, but found '<scalar>'"],
  ['model: |x\n', /Behind \| a line ends/, 'x', "expected chomping or indentation indicators, but found 'x'"],
  ['a: &x 1\nb: &x 2\n', /The anchor &x is given a second time/, '&x', "found duplicate anchor 'x'"],
  ['model: *x\n', /No anchor &x stands before this/, '*x', "found undefined alias 'x'"],
  ['model: *x\nport: &x 1\n', /No anchor &x stands before this/, '*x', "found undefined alias 'x'"],
  ['model: !foo a/b\n', /The tag "!foo" means nothing to vLLM\. Remove it/, '!foo', "could not determine a constructor for the tag '!foo'"],
  [
    'port: !!python/name:os.system 1\n',
    /The tag "!!python\/name:os\.system" means nothing/,
    '!!python/name:os.system',
    "could not determine a constructor for the tag 'tag:yaml.org,2002:python/name:os.system'",
  ],
  ['model: !t!x a\n', /begins with ! must stand in quotes/, '!t!x', "found undefined tag handle '!t!'"],
  ['port: !!int one\n', /not the kind of value that it is taken for/, 'one', "'one' is no int"],
  ['seed: 2024-02-30\n', /not the kind of value that it is taken for\. Put it in quotes/, '2024-02-30', "'2024-02-30' is no timestamp"],
  ['model: !!str [a]\n', /The tag before this fits another kind of value/, '[a]', 'expected a scalar node, but found sequence'],
  ['<<: 1\nmodel: a/b\n', /Only mappings can be merged by <</, '1', 'expected a mapping or list of mappings for merging, but found scalar'],
  ['<<: [{port: 1}, 2]\n', /Only mappings can be merged by <</, '2', 'expected a mapping for merging, but found scalar'],
  [
    'seed: &s 1\nhf-overrides:\n  <<: *s\n',
    /Only mappings can be merged by <</,
    '*s',
    'expected a mapping or list of mappings for merging, but found scalar',
  ],
  ['<<:\nmodel: a/b\n', /Only mappings can be merged by <</, ':', 'expected a mapping or list of mappings for merging, but found scalar'],
  [
    'model: <<\n',
    /"<<" has a meaning of its own as a value/,
    '<<',
    "could not determine a constructor for the tag 'tag:yaml.org,2002:merge'",
  ],
  ['? [a, b]\n: 1\n', /A list or a mapping cannot be a key/, '[a, b]', 'found unhashable key'],
  ['{a: 1}: 1\n', /A list or a mapping cannot be a key/, '{a: 1}', 'found unhashable key'],
  ['a: 1\n---\nb: 2\n', /one YAML document/, '---', 'but found another document'],
  ['a: 1\n---\n', /one YAML document/, '---', 'but found another document'],
  ['model: a\u0001b\n', /control character/, '\u0001', 'unacceptable character #x0001: special characters are not allowed'],
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
  'a: "x\n\ty"\n',
  'a: "x"# y\n',
  'lora-modules: [\na,\nb\n]\nport: 1\n',
  'speculative-config: {\n"method": "ngram",\n"num_speculative_tokens": 3\n}\nport: 1\n',
  'a: &k port\n*k : 1\n',
  'model: a/b\rport: 1\r',
  '%YAML 1.2\n---\nmodel: a\n',
  '"<<": 1\n',
  '=: 1\n',
  'model: ! a/b\n',
];

/** A text with what a quick fix makes of it. */
const REPAIRED: readonly (readonly [text: string, title: string, repaired: string])[] = [
  [
    'model: a/b\nhf-overrides:\n\tx: 1\n\ty:\n\t\tz: 2 # a\tb\n',
    'Replace tabs by spaces',
    'model: a/b\nhf-overrides:\n  x: 1\n  y:\n    z: 2 # a\tb\n',
  ],
  ['hf-overrides:\n    x: 1\n\ty: 2\n', 'Replace tabs by spaces', 'hf-overrides:\n    x: 1\n    y: 2\n'],
  ['model:\t"a\tb"\t# mine\t\nport:\t1\t\n\t\n', 'Replace tabs by spaces', 'model: "a\tb" # mine\t\nport: 1\n\n'],
  ['port:\t1\nchat-template: |\n  a\tb\n  \tc\nseed: 1\n', 'Replace tabs by spaces', 'port: 1\nchat-template: |\n  a\tb\n  \tc\nseed: 1\n'],
  ['port: 1\r\nmodel:a/b\r\ndtype: auto\r\n', 'Put a space after the colon', 'port: 1\r\nmodel: a/b\r\ndtype: auto\r\n'],
  [
    'model:a/b\nport:1\nserved-model-name: [http:x]\n',
    'Put a space after each colon',
    'model: a/b\nport: 1\nserved-model-name: [http:x]\n',
  ],
  ['hf-overrides:\n  x:1\n  y: 2\n', 'Put a space after the colon', 'hf-overrides:\n  x: 1\n  y: 2\n'],
  ['model: a\u0001b\n', 'Delete the invisible character', 'model: ab\n'],
];

describe('what keeps a file from being read', () => {
  for (const [text, said, place, pyYaml] of REFUSED) {
    it(`is told in plain words where it stands: ${JSON.stringify(text)}`, () => {
      const [problem] = problemsOf(text);
      assert.ok(problem);
      assert.match(problem.message, said);
      assert.equal(marked(text, problem), place);
      assert.equal(problem.vllmMessage, pyYaml);
    });
  }

  for (const text of READ) it(`is not seen in ${JSON.stringify(text)}`, () => assert.deepEqual(problemsOf(text), []));

  it('is told at every value that cannot be made', () => {
    const text = 'a: !x 1\nb: [1, !y 2]\n<<: 3\n';
    assert.deepEqual(
      problemsOf(text).map((problem) => marked(text, problem)),
      ['!x', '!y', '3'],
    );
  });

  for (const [text, title, repaired] of REPAIRED) {
    it(`is mended by a quick fix: ${JSON.stringify(text)}`, () => {
      const repair = problemsOf(text)[0]?.repair;
      assert.equal(repair?.title, title);
      assert.equal(applyEdits(text, repair.replace), repaired);
      assert.deepEqual(problemsOf(repaired), []);
    });
  }

  it('may be the space that makes a mapping of it all', () => {
    const text = 'model:a/b\nmax-model-len:4096\n';
    const problem = readVllmYaml(text).problems[0];
    assert.match(problem?.message ?? '', /A space is missing after the colon, so this is no mapping/);
    assert.equal(problem?.vllmMessage, "AttributeError: 'str' object has no attribute 'items'");
    assert.equal(applyEdits(text, problem?.repair?.replace ?? []), 'model: a/b\nmax-model-len: 4096\n');
  });
});
