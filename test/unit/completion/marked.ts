import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { analyze } from '../../../src/analysis/analyze';
import type { Analysis } from '../../../src/analysis/analysis';
import { complete } from '../../../src/analysis/completion';
import type { CompletionItem } from '../../../src/analysis/completion';
import { resolveGpu } from '../../../src/analysis/gpu';
import { readVllmYaml } from '../../../src/deployments/vllmYaml';
import { Catalogue } from '../../../src/models/catalogue';
import { simulateStartup } from '../../../src/vllm/startup/simulate';
import { NEWEST_VERSION } from '../../../src/vllm/versions';

const catalogue = Catalogue.parse(readFileSync(resolve('data/models.json'), 'utf8'));

/** The analysis of a text whose model the catalogue knows and whose GPU a comment names. */
export function analysisOf(text: string): Analysis {
  const deployment = readVllmYaml(text);
  const id = deployment.args.get('model');
  const hints = deployment.gpuHints.map(({ name, count, totalMemoryGib, source }) => ({ name, count, totalMemoryGib, source }));
  return analyze({
    deployment,
    facts: typeof id === 'string' ? catalogue.find(id) : null,
    modelProblem: null,
    gpu: resolveGpu(hints, deployment.args),
    version: deployment.vllmVersion ?? NEWEST_VERSION,
    text,
  });
}

/** Splits a text at its cursor mark `|`. */
export function atCursor(marked: string): { readonly text: string; readonly offset: number } {
  const offset = marked.indexOf('|');
  assert.ok(offset >= 0, 'the text has no cursor mark');
  return { text: marked.slice(0, offset) + marked.slice(offset + 1), offset };
}

/** What is offered at the cursor mark `|`, in the order shown. */
export function completionsAt(marked: string): readonly CompletionItem[] {
  const { text, offset } = atCursor(marked);
  const analysis = analysisOf(text);
  const { deployment, report, version } = analysis;
  const modelIds = (typed: string): readonly string[] => catalogue.search(typed, 20);
  const items = complete({ text, offset, deployment, report, version, simulate: simulateStartup, modelIds });
  return [...items].sort((a, b) => a.sortText.localeCompare(b.sortText, 'en'));
}

/** The text after choosing the item of a label. */
export function afterChoosing(marked: string, label: string): string {
  const { text } = atCursor(marked);
  const item = completionsAt(marked).find((candidate) => candidate.label === label);
  assert.ok(item, `${label} is not offered`);
  return text.slice(0, item.range.start) + item.insertText + text.slice(item.range.end);
}
