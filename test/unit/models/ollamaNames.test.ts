import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { requestModels } from '../../../src/cli/requests';
import { parameterCount } from '../../../src/estimator/parameters';
import { ollamaModel } from '../../../src/models/ollamaNames';
import { catalogue } from '../speed/setups';

describe('ollama tags', () => {
  it('are read as the Hub names the model', () => {
    assert.equal(ollamaModel('llama3.2:3b'), 'llama-3.2-3b');
    assert.equal(ollamaModel('qwen3:8b'), 'qwen3-8b');
    assert.equal(ollamaModel('qwen3:30b-a3b'), 'qwen3-30b-a3b');
    assert.equal(ollamaModel('mixtral:8x7b'), 'mixtral-8x7b');
    assert.equal(ollamaModel('deepseek-r1:14b (Qwen2.5-14B distill)'), 'DeepSeek-R1-Distill-Qwen-14B');
    for (const other of ['Qwen/Qwen3-8B', 'llama3.2:latest', 'C:\\models\\8b', 'http://host:8b0'])
      assert.equal(ollamaModel(other), null, other);
  });

  it('find their model for a request', () => {
    const models = requestModels(catalogue);
    const billions = (name: string): number => {
      const found = models.find(name);
      return found ? parameterCount(found.model.architecture) / 1e9 : NaN;
    };
    // Parameters as ollama's library states them: 3.21 B, 20.9 B, 14.8 B, 70.6 B.
    const stated = { 'llama3.2:3b': 3.21, 'gpt-oss:20b': 20.9, 'deepseek-r1:14b': 14.8, 'llama3.1:70b': 70.6 };
    for (const [name, size] of Object.entries(stated)) assert.ok(Math.abs(billions(name) / size - 1) < 0.01, `${name}: ${billions(name)}`);
  });
});
