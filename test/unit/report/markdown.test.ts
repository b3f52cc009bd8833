import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { forAll } from '../properties';
import { describe, it } from 'mocha';
import { escapeMarkdown, inlineCode } from '../../../src/report/escape';
import { hoverMarkdown } from '../../../src/report/hover';
import { reportMarkdown } from '../../../src/report/markdown';
import { reportText } from '../../../src/report/text';
import { verdict } from '../../../src/report/verdict';
import { analysisOf } from '../analysis/estimates';

const SAMPLE = readFileSync('samples/qwen3-8b-2x3080.yaml', 'utf8');

async function hover(text: string, name: string, withoutDescription = false): Promise<string> {
  const analysis = await analysisOf(text);
  const argument = analysis.deployment.arguments.find((candidate) => candidate.name === name);
  assert.ok(argument, name);
  return hoverMarkdown(analysis, argument, { withoutDescription });
}

describe('hovers', () => {
  it('max-model-len: what one request costs, and the largest length that fits', async () => {
    const text = await hover(SAMPLE, 'max-model-len');
    assert.match(text, /One request of 4,096 tokens holds \*\*0\.28 GiB\*\* of KV cache per GPU \(72\.0 KiB per token\)/);
    assert.match(text, /Largest length that fits: \*\*40,960\*\* tokens, as long as the model goes/);
    assert.match(text, /2 x RTX 3080 20GB.*from the comment in the file.*vLLM 0\.8\.5/s);
    assert.match(text, /Assumed: /);
  });

  it('gpu-memory-utilization: the budget and who spends it, as lines of words and numbers', async () => {
    const text = await hover(SAMPLE, 'gpu-memory-utilization');
    const lines = /```text\n([\s\S]*?)\n```/.exec(text)?.[1]?.split('\n') ?? [];
    assert.match(lines[0] ?? '', /^budget per GPU +10\.00 GiB, 0\.5 of 20\.00 GiB$/);
    assert.match(lines.at(-1) ?? '', /^outside +10\.00 GiB/);
    assert.ok(lines.length <= 7, 'no need to scroll');
    for (const part of ['weights', 'activation peak', 'runtime', 'KV cache']) {
      assert.ok(
        lines.some((line) => line.trimStart().startsWith(part) && /\d GiB/.test(line)),
        part,
      );
    }
    assert.ok(
      lines.every((line) => /^[\w ().,%-]+$/.test(line)),
      'nothing is drawn',
    );
  });

  it('gpu-memory-utilization: also a KV cache for which nothing is left', async () => {
    const text = await hover('# vram: gpu=l4 count=1\nmodel: Qwen/Qwen3-32B\ngpu-memory-utilization: 0.9\n', 'gpu-memory-utilization');
    assert.match(text, /\n {2}KV cache +-[\d.]+ GiB/);
  });

  it('model: of a guess first that it is one', async () => {
    const text = await hover('# vram: gpu=l4 count=1\nmodel: acme/Foo-13B\n', 'model');
    assert.match(text, /^\*\*model\*\*.*\n\n\*\*Guessed\.\*\* Facts from its name only/);
  });

  it('cpu-offload-gb: weights only, what the host pins, what a step pays', async () => {
    const text = await hover(SAMPLE, 'cpu-offload-gb');
    assert.match(text, /Only weights: the KV cache stays on the GPU/);
    assert.match(text, /Pinned on the host: 10\.06 GiB over all GPUs/);
    assert.match(text, /Every decode step reads 5\.03 GiB per GPU over PCIe: about \d+ ms at \d+ GB\/s/);
  });

  it('model: the architecture and where its facts came from', async () => {
    const text = await hover(SAMPLE, 'model');
    assert.match(text, /8\.19 B parameters, 36 layers, hidden size 4,096/);
    assert.match(text, /36 x attention with 32 heads, 8 KV heads of 128; MLP of 12,288/);
    assert.match(text, /Facts from the built-in catalogue/);
  });

  it('quantization: what the weights weigh, and whether checkpoint and GPU accept it', async () => {
    const accepted = await hover(readFileSync('samples/deepseek-r1-70b-offload.yaml', 'utf8'), 'quantization');
    assert.match(accepted, /Checkpoint: not quantized, bfloat16\. Loaded as bitsandbytes/);
    assert.match(accepted, /Weights: \d+\.\d+ GiB/);
    const refused = await hover('# vram: gpu=rtx_4090\nmodel: Qwen/Qwen3-8B\nquantization: awq\nmax-model-len: 4096\n', 'quantization');
    assert.doesNotMatch(refused, /Nothing known speaks against it/);
  });

  it('works without a GPU, without a model, and for keys that cost no memory', async () => {
    assert.match(await hover('model: Qwen/Qwen3-8B\nmax-model-len: 4096\n', 'max-model-len'), /0\.56 GiB.*\n\n.*depends on the GPU/s);
    assert.match(await hover('max-model-len: 4096\nenforce-eager: true\n', 'max-model-len'), /No source knows this model/);
    assert.match(await hover('port: 8000\nmax-model-len: 4096\n', 'port'), /whole number; default `8000`/);
    assert.match(await hover('max-paddings: 1\nmax-model-len: 4096\n', 'max-paddings'), /has no argument of this name/);
    assert.match(await hover('enable-prefix-caching: false\nmax-model-len: 1\n', 'enable-prefix-caching'), /vLLM drops `false`/);
  });

  it('says something of every key of the samples', async () => {
    const analysis = await analysisOf(SAMPLE);
    for (const argument of analysis.deployment.arguments) assert.ok(hoverMarkdown(analysis, argument).length > 60, argument.name);
  });

  it('says what vLLM would use without the key, for this model, GPU and version', async () => {
    const on = (gpu: string): string =>
      `# vram: gpu=${gpu} vllm=0.19.0\nmodel: Qwen/Qwen3-8B\nmax-num-batched-tokens: 1024\nmax-model-len: 32K\n`;
    assert.match(await hover(on('h100_80'), 'max-num-batched-tokens'), /`1024` · whole number.*; default here `8,192`/);
    assert.match(await hover(on('rtx_4090'), 'max-num-batched-tokens'), /default here `2,048`/);
    assert.match(await hover(on('rtx_4090'), 'max-model-len'), /`32K` = `32,768` · .*default here `40,960`/);
    assert.match(await hover('model: Qwen/Qwen3-8B\nmax-num-seqs: 8\n', 'max-num-seqs'), /computed by default/);
  });

  it('says what the field under the pointer means, and cuts a long mapping short', async () => {
    const fields = Array.from({ length: 50 }, (_, index) => `  option_${index}: ${index}\n`).join('');
    const analysis = await analysisOf(`model: Qwen/Qwen3-8B\nspeculative-config:\n  method: ngram\n${fields}max-model-len: 4096\n`);
    const argument = analysis.deployment.arguments.find(({ name }) => name === 'speculative-config');
    assert.ok(argument);
    const text = hoverMarkdown(analysis, argument, { word: 'method' });
    assert.match(
      text,
      /^\*\*speculative-config\.method\*\* · text {2}\nHow tokens are drafted\. {2}\nOne of `eagle3`, .* …\.\n\n\*\*speculative-config\*\*/,
    );
    assert.ok(text.length < 1500, `${text.length} characters`);
    assert.doesNotMatch(hoverMarkdown(analysis, argument, { word: 'ngram' }), /One of/);
  });

  it('leaves the meaning to another extension that describes it', async () => {
    const [all, figures] = [await hover(SAMPLE, 'dtype'), await hover(SAMPLE, 'dtype', true)];
    assert.ok(all.length > figures.length);
    assert.match(figures, /Weights and activations in bfloat16/);
  });
});

describe('text from files', () => {
  const hostile = [
    '[x](command:evil)',
    '`a` ``b``',
    '<img src=x>',
    '![i](http://x/y.png)',
    '$(alert)',
    '|a|b|',
    '# h',
    'www.x.io',
    'a\n\n# b',
  ];

  /** Markdown without code spans and fences, in which no construct may start from the file's text. */
  function outsideCode(markdown: string): string {
    return markdown.replace(/```[\s\S]*?```/g, '').replace(/(?<!`)(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, '');
  }

  it('never becomes a link, an image, HTML or a command', async () => {
    for (const text of hostile) {
      const yaml = `model: ${JSON.stringify(text)}\nmax-model-len: 4096\nserved-model-name: ${JSON.stringify(text)}\n# vram: gpu=${JSON.stringify(text)}\n`;
      const analysis = await analysisOf(yaml);
      const shown = [...analysis.deployment.arguments.map((argument) => hoverMarkdown(analysis, argument)), reportMarkdown(analysis, text)];
      for (const markdown of shown) {
        const plain = outsideCode(markdown);
        assert.doesNotMatch(plain, /(?<!\\)\]\(|(?<!\\)<\w|command:|https?:\/\/x|(?<!\\)\$\(|www\.x/, `${text} in\n${markdown}`);
      }
      assert.doesNotMatch(reportText(analysis, text, null), /[^\P{Cc}\n]/u);
    }
  });

  it('is one code span whatever backticks it holds', () => {
    forAll([fc.string({ unit: fc.constantFrom('`', 'a', ' ', '\n', '\\', '[', '(') })], (text) => {
      const code = inlineCode(text);
      const fence = /^`+/.exec(code)?.[0] ?? '';
      const inner = code.slice(fence.length, -fence.length);
      assert.ok(fence.length > 0 && code.endsWith(fence));
      assert.ok(
        (inner.match(/`+/g) ?? []).every((run) => run.length !== fence.length),
        code,
      );
      assert.doesNotMatch(code, /\n/);
    });
  });

  it('keeps no character that starts markup', () => {
    forAll([fc.string({ unit: fc.constantFrom(...'\\`*_[]#+-|~>$@<&ab 1.\n') })], (text) => {
      const escaped = escapeMarkdown(text);
      const rest = escaped.replace(/\\[\\`*_[\]#+\-|~>$.]/g, '').replace(/&(?:lt|gt|amp|#\d+);/g, '');
      assert.doesNotMatch(rest, /[\\`*[\]|~$<>@&\n]/, escaped);
      assert.doesNotMatch(rest, /(?<![a-z0-9])_|_(?![a-z0-9])/, escaped);
      assert.doesNotMatch(escaped, /^\s*(?:[#+>-]|\d+[.)](?:\s|$))/, escaped);
    });
  });

  it('reads as it was where nothing is special', () => {
    const text = 'One request of max-model-len 4,096 needs 0.28 GiB (72.0 KiB per token); set kv_cache_dtype to fp8!';
    assert.equal(escapeMarkdown(text), text);
  });
});

describe('verdicts', () => {
  it('say used and total memory, tokens and requests', async () => {
    const { level, line, short } = verdict(await analysisOf(SAMPLE));
    assert.equal(level, 'ok');
    assert.match(
      line,
      /^2 x RTX 3080 20GB \(modded\): \d+\.\d\d of 20\.00 GiB each; KV cache [\d,]+ tokens, \d+\.\d requests of 4,096 tokens at once$/,
    );
    assert.match(short, /of 20\.00 GiB/);
  });

  it('are brief where the GPU stands beside them', async () => {
    assert.match(
      verdict(await analysisOf(SAMPLE)).brief,
      /^\d\.\d\d of 20\.00 GiB per GPU · KV cache [\d,]+ tokens · \d+\.\d requests of 4,096 at once$/,
    );
    const { brief, line } = verdict(await analysisOf(readFileSync('samples/too-long-for-4090.yaml', 'utf8')));
    assert.match(line, /on NVIDIA GeForce RTX 4090: .* \([\d.]+ to [\d.]+\) are left/);
    assert.match(
      brief,
      /^vLLM would not start: One request of max-model-len 131,072 needs 16\.00 GiB of KV cache per GPU; [\d.]+ GiB are left/,
    );
  });

  it('say what vLLM would refuse in one sentence, and how much more', async () => {
    const { level, line } = verdict(await analysisOf(readFileSync('samples/qwen2.5-72b-typos.yaml', 'utf8')));
    assert.equal(level, 'error');
    assert.match(line, /^vLLM would not start on 4 x NVIDIA L40S: .* no longer has swap-space.* \(and 1 more\)$/);
  });

  it('say first that a file cannot be read, then what still can', async () => {
    const { level, brief } = verdict(await analysisOf('# vram: gpu=l40s\nmodel: Qwen/Qwen3-8B enforce-eager: true\nmax-model-len: 8192\n'));
    assert.equal(level, 'error');
    assert.match(brief, /^YAML error: A value with a colon .* two keys need two lines\. As far as it can be read: [\d.]+ of 44\.42 GiB/);
    const refused = verdict(await analysisOf('# vram: gpu=l4\nmodel: Qwen/Qwen3-32B\nmax-model-len:8192\ndtype: auto\n'));
    assert.match(
      refused.brief,
      /^YAML error: A space is missing after the colon\. As far as it can be read: vLLM would not start: The weights do not fit/,
    );
  });

  it('say that a refusal rests on a guess', async () => {
    const { level, brief, short } = verdict(await analysisOf('# vram: gpu=rtx_4090\nmodel: acme/Foo-13B\n'));
    assert.equal(level, 'warning');
    assert.equal(short, 'would probably not start');
    assert.match(brief, /^vLLM would probably not start \(model guessed\): The weights do not fit/);
  });

  it('say what is missing to judge', async () => {
    assert.equal(verdict(await analysisOf('model: Qwen/Qwen3-8B\nmax-model-len: 1\n')).short, 'no GPU chosen');
    assert.equal(verdict(await analysisOf('# vram: gpu=l4\nmodel: no/body\nmax-model-len: 1\n')).short, 'model unknown');
  });
});
