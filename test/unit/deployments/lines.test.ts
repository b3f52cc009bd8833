import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Lines, lineStart } from '../../../src/deployments/lines';

describe('positions', () => {
  it('begin a line at or before them, also in a text that begins with a line break', () => {
    const text = '\na\r\nbc';
    assert.deepEqual(
      [0, 1, 2, 4, 5, 6].map((offset) => lineStart(text, offset)),
      [0, 1, 1, 4, 4, 4],
    );
  });

  it('count lines of every kind of line end and UTF-16 characters', () => {
    const text = 'a\r\n🚀b\nc\rd';
    const lines = new Lines(text);
    const at = (piece: string): unknown => lines.positionAt(text.indexOf(piece));
    assert.deepEqual(at('a'), { line: 0, character: 0 });
    assert.deepEqual(at('b'), { line: 1, character: 2 });
    assert.deepEqual(at('c'), { line: 2, character: 0 });
    assert.deepEqual(at('d'), { line: 3, character: 0 });
    assert.deepEqual(lines.positionAt(text.length), { line: 3, character: 1 });
  });
});
