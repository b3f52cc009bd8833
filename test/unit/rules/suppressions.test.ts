import assert from 'node:assert/strict';
import type { PlacedFinding } from '../../../src/analysis/analysis';
import { applySeverities, applySuppressions, disableForLine } from '../../../src/analysis/suppressions';
import { applyEdits } from '../../../src/deployments/edits';
import { findTraps } from '../../../src/deployments/traps';
import { readVllmYaml } from '../../../src/deployments/vllmYaml';

const KNOWN = { model: true, gpu: true };

function found(text: string): readonly PlacedFinding[] {
  return findTraps(readVllmYaml(text), '0.27.1');
}

function left(text: string, known = KNOWN): readonly string[] {
  return applySuppressions(text, found(text), known).map(({ code }) => code);
}

const BAD = 'model: a/b\nmax-num-seqs: 1k\n';

describe('turning findings off by comment', () => {
  it('works for the next line, the same line and the file', () => {
    assert.deepEqual(left(BAD), ['yaml-human']);
    assert.deepEqual(left('model: a/b\n# vram: disable-next-line yaml-human\nmax-num-seqs: 1k\n'), []);
    assert.deepEqual(left('model: a/b\nmax-num-seqs: 1k  # vram: disable-line yaml-human\n'), []);
    assert.deepEqual(left(`${BAD}# vram: disable-file yaml-human\n`), []);
    assert.deepEqual(left(`model: a/b\r\n# vram: disable-next-line yaml-human\r\nmax-num-seqs: 1k\r\n`), []);
  });

  it('takes several codes, or all without one', () => {
    const text = 'model: a/b\ntp: 2  # vram: disable-line yaml-human, yaml-short\n';
    assert.deepEqual(left(text), ['suppression-unused']);
    assert.deepEqual(left('model: a/b\ntp: 2  # vram: disable-line\n'), []);
  });

  it('does not reach further than its line', () => {
    assert.deepEqual(left('# vram: disable-next-line yaml-human\nmodel: a/b\nmax-num-seqs: 1k\n'), ['yaml-human', 'suppression-unused']);
  });

  it('says when it turns off nothing, and what was misspelled', () => {
    assert.deepEqual(left('model: a/b  # vram: disable-line yaml-human\n'), ['suppression-unused']);
    const [unknown] = applySuppressions('model: a/b  # vram: disable-line yaml-humam\n', [], KNOWN);
    assert.equal(unknown?.code, 'suppression-unknown');
    assert.match(unknown.message, /yaml-human\?$/);
  });

  it('does not call unused what could not be checked', () => {
    const text = 'model: a/b  # vram: disable-line kv-too-small\n';
    assert.deepEqual(left(text), ['suppression-unused']);
    assert.deepEqual(left(text, { model: true, gpu: false }), []);
    assert.deepEqual(left('model: a/b  # vram: disable-line heads-tp\n', { model: false, gpu: true }), []);
  });

  it('is written above the line, with its indentation, or added to what is there', () => {
    const disable = (text: string): string => {
      const [finding] = found(text);
      assert.ok(finding);
      return applyEdits(text, [disableForLine(text, finding)]);
    };
    assert.equal(disable(BAD), 'model: a/b\n# vram: disable-next-line yaml-human\nmax-num-seqs: 1k\n');
    assert.equal(
      disable('model: a/b\r\nmax-num-seqs: 1k\r\n'),
      'model: a/b\r\n# vram: disable-next-line yaml-human\r\nmax-num-seqs: 1k\r\n',
    );
    assert.equal(
      disable('model: a/b\n# vram: disable-next-line yaml-float\nmax-num-seqs: 1k\n'),
      'model: a/b\n# vram: disable-next-line yaml-float, yaml-human\nmax-num-seqs: 1k\n',
    );
    assert.deepEqual(left(disable(BAD)), []);
  });
});

describe('severity by code', () => {
  it('is changed, kept or off', () => {
    const findings = found(BAD);
    assert.deepEqual(
      applySeverities(findings, { 'yaml-human': 'hint' }).map(({ severity }) => severity),
      ['hint'],
    );
    assert.deepEqual(applySeverities(findings, { 'yaml-human': 'default' }), findings);
    assert.deepEqual(applySeverities(findings, { 'yaml-human': 'off' }), []);
    assert.deepEqual(applySeverities(findings, { 'yaml-short': 'off' }), findings);
  });
});
