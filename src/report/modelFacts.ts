/** The page "what is known of this model" as a Markdown document. */
import { formatBytes, formatCount, formatGib, formatParameters, formatPercent } from '../estimator/figures';
import { factSheet } from '../models/factSheet';
import type { FactSheet } from '../models/factSheet';
import type { ModelFacts } from '../models/source';
import { escapeMarkdown, inlineCode } from './escape';
import { checkpointFormat, layerLines } from './hoverSubjects';
import { modelSource } from './words';

const GROUP_LABELS: Readonly<Record<string, string>> = {
  embed: 'token embedding',
  lm_head: 'language-model head',
  attention: 'attention',
  mlp: 'dense MLP',
  experts: 'experts',
  shared_experts: 'shared experts',
  router: 'router',
  norm: 'norms',
  ssm: 'state-space and linear attention',
  per_layer_embed: 'per-layer embedding',
  vision: 'vision encoder',
  audio: 'audio encoder',
  mtp: 'multi-token prediction (MTP)',
  other: 'other',
};

const CONFIDENCE: Readonly<Record<ModelFacts['confidence'], string>> = {
  exact: 'exact',
  derived: 'derived: see what was assumed',
  guessed: 'guessed: only the size in the name is known',
};

/** Everything known of a model, for a person to read: layers, parameters, bytes, KV cache, source, assumptions. */
export function modelFactsMarkdown(facts: ModelFacts): string {
  const sheet = factSheet(facts);
  return [
    `# ${escapeMarkdown(facts.id)}`,
    table(['', ''], summaryRows(sheet)),
    '## Layers',
    [...layerLines(facts.model.architecture), ...towerLines(facts)].join('\n'),
    '## Parameters by group',
    table(['Group', 'Parameters', 'Share', 'Stored bytes'], groupRows(sheet)),
    bytesNote(sheet),
    '## KV cache',
    table(['', ''], cacheRows(sheet)),
    '## Where this comes from',
    `From ${modelSource(facts.source)}: ${inlineCode(facts.origin)}.`,
    ...(facts.assumptions.length > 0
      ? ['Assumed:', facts.assumptions.map((text) => `- ${escapeMarkdown(text)}`).join('\n')]
      : ['Nothing was assumed.']),
    '',
  ].join('\n\n');
}

function summaryRows({ facts, activeParameters }: FactSheet): readonly (readonly string[])[] {
  const { architecture } = facts.model;
  const active = activeParameters < facts.parameters * 0.95 ? `, ${formatParameters(activeParameters)} active per token` : '';
  const mtp = architecture.mtp;
  return [
    ['Model type', inlineCode(architecture.modelType)],
    ['Class', architecture.architectures.length > 0 ? architecture.architectures.map(inlineCode).join(', ') : 'not stated'],
    ['Parameters', `${formatCount(facts.parameters)} (${formatParameters(facts.parameters)})${active}`],
    ['Checkpoint', escapeMarkdown(checkpointFormat(facts.model))],
    ['Hidden size', formatCount(architecture.hiddenSize)],
    ['Layers', formatCount(architecture.layout.length)],
    ['Vocabulary', `${formatCount(architecture.vocabSize)}${architecture.tieWordEmbeddings ? ', embedding and head tied' : ''}`],
    [
      'Longest context',
      architecture.maxPositionEmbeddings === null ? 'unknown' : `${formatCount(architecture.maxPositionEmbeddings)} tokens`,
    ],
    ...(mtp
      ? [
          [
            'MTP modules',
            `${mtp.layers}${mtp.parameters === null ? '' : `, ${formatParameters(mtp.parameters)} parameters beside the model`}`,
          ],
        ]
      : []),
    ['Confidence', CONFIDENCE[facts.confidence]],
  ];
}

function towerLines({ model }: ModelFacts): readonly string[] {
  return model.architecture.towers.map((tower) => {
    const layers = tower.layers > 0 ? `, ${tower.layers} layers of width ${formatCount(tower.hiddenSize)}` : '';
    return `- ${tower.modality} encoder ${inlineCode(tower.modelType)}: ${formatParameters(tower.parameters)} parameters${layers}`;
  });
}

function groupRows({ groups, facts }: FactSheet): readonly (readonly string[])[] {
  return [...groups]
    .sort((a, b) => (b.parameters ?? 0) - (a.parameters ?? 0))
    .map(({ group, parameters, bytes }) => [
      GROUP_LABELS[group] ?? escapeMarkdown(group),
      parameters === null ? 'not counted' : formatCount(parameters),
      parameters === null ? '' : formatPercent(parameters / facts.parameters),
      formatBytes(bytes),
    ]);
}

function bytesNote({ totalBytes, bytesAreExact }: FactSheet): string {
  if (totalBytes === null) return 'The stored bytes of this quantized checkpoint are not known without the headers of its weights.';
  return bytesAreExact
    ? `The weights on disk have ${formatGib(totalBytes)}, by their headers.`
    : `The checkpoint has about ${formatGib(totalBytes)}, computed from the parameters.`;
}

function cacheRows({ kvBytesPerToken, boundedBytesPerRequest, caches, facts }: FactSheet): readonly (readonly string[])[] {
  const growing = caches.reduce((sum, { layers, bytesPerToken }) => sum + (bytesPerToken > 0 ? layers : 0), 0);
  const bounded = caches.reduce((sum, { layers, boundedBytes }) => sum + (boundedBytes > 0 ? layers : 0), 0);
  return [
    [
      `Each further token (${growing} of ${facts.model.architecture.layout.length} layers)`,
      `${formatBytes(kvBytesPerToken)} in ${facts.model.architecture.dtype}, unsharded`,
    ],
    ...(bounded > 0 ? [[`Windows and states of a request (${bounded} layers)`, `${formatBytes(boundedBytesPerRequest)} at most`]] : []),
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
