import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { readVllmYaml } from '../../../src/deployments/vllmYaml';

function problems(text: string): readonly string[] {
  return readVllmYaml(text).problems.map(
    ({ kind, vllmMessage = '', range }) => `${kind} ${vllmMessage} ${text.slice(range.start, range.end)}`,
  );
}

describe('a file that holds no arguments', () => {
  it('is told apart by what it holds instead', () => {
    const refused = (type: string): string => `empty AttributeError: '${type}' object has no attribute 'items'`;
    assert.deepEqual(problems(''), [`${refused('NoneType')} `]);
    assert.deepEqual(problems('# vram: gpu=rtx_4090\n'), [`${refused('NoneType')} # vram: gpu=rtx_4090`]);
    assert.deepEqual(problems('- model: x\n- port: 1\n'), [`${refused('list')} - model: x\n- port: 1`]);
    assert.deepEqual(problems('model\n'), [`${refused('str')} model`]);
  });

  it('is not what a template or a broken file is called', () => {
    assert.deepEqual(problems('{{ model }}\n'), []);
    assert.ok(problems('model: "x\n').every((problem) => !problem.startsWith('empty')));
    assert.deepEqual(problems('model: x\n'), []);
  });
});
