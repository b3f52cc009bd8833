import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, extension, fixture, lensText, open, setting, until } from './support';

/** The fields that matter of a Llama-shaped config.json. */
function config(layers: number): Uint8Array {
  const fields = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: 2048,
    intermediate_size: 8192,
    num_hidden_layers: layers,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    vocab_size: 128256,
    max_position_embeddings: 131072,
    torch_dtype: 'bfloat16',
    tie_word_embeddings: true,
  };
  return new TextEncoder().encode(JSON.stringify(fields));
}

/** Weights per GPU as the lens without a GPU shows them. */
async function weights(document: vscode.TextDocument): Promise<string | undefined> {
  return /weights ([\d.]+ GiB)/.exec(await lensText(document))?.[1];
}

describe('models of the workspace', () => {
  before(extension);
  afterEach(async () => {
    await setting('modelConfigs', undefined);
    await setting('models', undefined);
    await closeAll();
  });

  it('are read from a folder beside the file, again when its config.json changes', async () => {
    await vscode.workspace.fs.writeFile(fixture('local-model/config.json'), config(16));
    await vscode.workspace.fs.writeFile(
      fixture('local.vllm.yaml'),
      new TextEncoder().encode('model: ./local-model\nmax-model-len: 4096\n'),
    );
    const { document } = await open('local.vllm.yaml');
    const first = await until('the weights', () => weights(document));
    await vscode.workspace.fs.writeFile(fixture('local-model/config.json'), config(32));
    const second = await until('other weights', async () => {
      const now = await weights(document);
      return now !== first && now;
    });
    assert.ok(Number.parseFloat(second) > Number.parseFloat(first), `${first}, then ${second}`);
  });

  it('come from a config.json that the person chose', async () => {
    await vscode.workspace.fs.writeFile(fixture('chosen/config.json'), config(16));
    const { document } = await open('unknown-model.yaml');
    await setting('modelConfigs', { 'example-org/a-model-nobody-knows': 'chosen/config.json' });
    await until('the verdict', async () => /requests of/.test(await lensText(document)));
  });

  it('come from a config that the person wrote where its path could stand', async () => {
    const { document } = await open('unknown-model.yaml');
    const fields = JSON.parse(new TextDecoder().decode(config(16))) as unknown;
    await setting('modelConfigs', { 'example-org/a-model-nobody-knows': fields });
    await until('the verdict', async () => /requests of/.test(await lensText(document)));
  });

  it('come from the settings', async () => {
    const { document } = await open('unknown-model.yaml');
    await setting('models', { 'example-org/a-model-nobody-knows': JSON.parse(new TextDecoder().decode(config(16))) as unknown });
    await until('the verdict', async () => /requests of/.test(await lensText(document)));
  });
});
