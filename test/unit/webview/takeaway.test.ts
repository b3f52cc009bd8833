import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { parse } from 'yaml';
import { changedLines } from '../../../src/features/planner/changedLines';
import { plannerHtml } from '../../../src/features/planner/html';
import { configYaml, serveCommand } from '../../../src/report/takeaway';
import type { ArgumentValue, VllmArguments } from '../../../src/vllm/arguments';

const args = (given: Readonly<Record<string, ArgumentValue>>): VllmArguments => new Map(Object.entries(given));

describe('what can be taken away', () => {
  const hostile = {
    model: "x'; rm -rf / #",
    'served-model-name': ['a b', '$(id)'],
    'hf-overrides': { a: "it's" },
    'enforce-eager': true,
    'enable-lora': false,
    'max-model-len': 4096,
  };

  it('as a command is quoted so that a shell gives back every word', () => {
    const command = serveCommand(args(hostile)).replace('vllm serve', 'printf "%s\\n"');
    assert.deepEqual(execFileSync('sh', ['-c', command], { encoding: 'utf8' }).trim().split('\n'), [
      hostile.model,
      '--served-model-name',
      'a b',
      '$(id)',
      '--hf-overrides',
      '{"a":"it\'s"}',
      '--enforce-eager',
      '--max-model-len',
      '4096',
    ]);
  });

  it('as YAML reads back as what it was, without what is off', () => {
    const { 'enable-lora': _off, ...on } = hostile;
    assert.deepEqual(parse(configYaml(args(hostile))), on);
  });
});

describe('the preview of a change', () => {
  it('pairs a replaced line and numbers the others where they stand', () => {
    assert.deepEqual(changedLines('a: 1\nb: 2\nc: 3\n', 'a: 1\nb: 5\nc: 3\nd: 4\n'), [
      { line: 1, before: 'b: 2', after: 'b: 5' },
      { line: 3, before: null, after: 'd: 4' },
    ]);
    assert.deepEqual(changedLines('a: 1\nb: 2\n', 'b: 2\n'), [{ line: 0, before: 'a: 1', after: null }]);
  });

  it('is empty without a change, and does not mind the kind of line end', () => {
    assert.deepEqual(changedLines('a: 1\r\n', 'a: 1\r\n'), []);
    assert.deepEqual(changedLines('a: 1\r\nb: 2\r\n', 'a: 1\r\nb: 3\r\n'), [{ line: 1, before: 'b: 2', after: 'b: 3' }]);
  });
});

describe('the page’s frame', () => {
  const page = (): string => plannerHtml('panel', { script: 'https://x/a.js?a=1&b="2"', style: 'https://x/a.css', source: 'https://x' });

  it('allows nothing but its own files and its nonce', () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page())?.[1] ?? '';
    const nonce = /csp-nonce" content="([^"]*)"/.exec(page())?.[1] ?? '';
    assert.match(
      policy,
      /^default-src 'none'; script-src 'nonce-[\w+/=]{24}'; style-src https:\/\/x 'nonce-[\w+/=]{24}'; font-src https:\/\/x$/,
    );
    assert.doesNotMatch(policy, /unsafe|\*|data:|http:/);
    assert.equal(Buffer.from(nonce, 'base64').length, 16);
  });

  it('has no inline script, no inline style and another nonce each time', () => {
    assert.doesNotMatch(page(), /<script(?![^>]*src=)|<style|\sstyle=|\son\w+=/);
    assert.notEqual(page(), page());
  });
});
