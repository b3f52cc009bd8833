import assert from 'node:assert/strict';
import { applyEdits, editsFor } from '../../../src/deployments/edits';
import { readVllmYaml } from '../../../src/deployments/vllmYaml';
import type { ArgumentValue } from '../../../src/vllm/arguments';

function setting(text: string, edits: Readonly<Record<string, ArgumentValue>>): string {
  return applyEdits(text, editsFor(text, readVllmYaml(text), { edits }));
}

const BLOCK = 'speculative-config:\n  method: eagle3  # fast\n  # the head\n  model: a/b\nseed: 1\n';

describe('changing a field inside a mapping', () => {
  it('keeps the comments and the other fields', () => {
    assert.equal(setting(BLOCK, { 'speculative-config': { method: 'eagle', model: 'a/b' } }), BLOCK.replace('eagle3', 'eagle'));
  });

  it('adds a field behind the last one', () => {
    const expected = BLOCK.replace('  model: a/b\n', '  model: a/b\n  num_speculative_tokens: 3\n');
    assert.equal(setting(BLOCK, { 'speculative-config': { method: 'eagle3', model: 'a/b', num_speculative_tokens: 3 } }), expected);
  });

  it('takes out the line of a field', () => {
    assert.equal(setting(BLOCK, { 'speculative-config': { method: 'eagle3' } }), BLOCK.replace('  model: a/b\n', ''));
  });

  it('adds to a mapping in braces', () => {
    assert.equal(
      setting('eplb-config: {"window_size": 500}\n', { 'eplb-config': { window_size: 500, num_redundant_experts: 4 } }),
      'eplb-config: {"window_size": 500, "num_redundant_experts": 4}\n',
    );
  });

  it('keeps Windows line ends', () => {
    assert.equal(
      setting('eplb-config:\r\n    window_size: 500\r\nseed: 1\r\n', { 'eplb-config': { window_size: 500, log_balancedness: true } }),
      'eplb-config:\r\n    window_size: 500\r\n    log_balancedness: true\r\nseed: 1\r\n',
    );
  });

  it('writes the whole mapping anew where a field is a mapping itself', () => {
    const text = 'hf-overrides:\n  text_config:\n    rope_theta: 1\n';
    assert.equal(
      setting(text, { 'hf-overrides': { text_config: { rope_theta: 2 } } }),
      'hf-overrides:\n  {"text_config":{"rope_theta":2}}\n',
    );
  });
});
