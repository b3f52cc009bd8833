/** Hover paragraphs about a model and about an argument as such. */
import type { Analysis } from '../analysis/analysis';
import type { Architecture, CheckpointQuantization, Mixer, Model } from '../estimator/architecture';
import { formatCount, formatGibRange, formatParameters } from '../estimator/figures';
import { computedDefault, isComputed } from '../analysis/derived';
import { defaultOf, isOnByDefault } from '../vllm/argumentTable';
import type { Argument } from '../vllm/argumentTable';
import type { StartupReport } from '../vllm/startup/report';
import { escapeMarkdown, inlineCode } from './escape';
import { modelSource } from './words';

function mixerName(mixer: Mixer): string {
  switch (mixer.kind) {
    case 'attention': {
      const window = mixer.window === null ? '' : `, ${mixer.scope} over ${formatCount(mixer.window)} tokens`;
      return `attention with ${mixer.heads} heads, ${mixer.kvHeads} KV heads of ${mixer.headDim}${window}`;
    }
    case 'mla':
      return `latent attention (MLA) with ${mixer.heads} heads, latent ${mixer.kvLoraRank} + ${mixer.qkRopeHeadDim}`;
    case 'compressed_latent':
      return `compressed latent attention with ${mixer.heads} heads of ${mixer.headDim}`;
    case 'gated_delta_net':
      return `gated delta net with ${mixer.valueHeads} heads (constant state)`;
    case 'kimi_delta_attention':
      return `Kimi delta attention with ${mixer.valueHeads} heads (constant state)`;
    case 'mamba1':
    case 'mamba2':
      return `${mixer.kind === 'mamba1' ? 'Mamba' : 'Mamba-2'} with state ${mixer.stateSize} (constant state)`;
    case 'short_conv':
      return 'short convolution';
    case 'lightning_attention':
      return `linear attention with ${mixer.heads} heads (constant state)`;
  }
}

/** "28 x attention with …" for each kind of layer. */
export function layerLines(architecture: Architecture): readonly string[] {
  return architecture.layerKinds.map((kind, index) => {
    const count = architecture.layout.filter((used) => used === index).length;
    const mixers = kind.mixers.map(mixerName).join(' and ');
    const feedForwards = kind.feedForwards.map((mlp) =>
      mlp.kind === 'dense'
        ? `MLP of ${formatCount(mlp.intermediateSize)}`
        : `${mlp.experts} experts of ${formatCount(mlp.expertIntermediateSize)}, ${mlp.expertsPerToken} per token`,
    );
    return `- ${count} x ${[mixers, ...feedForwards].filter((part) => part !== '').join('; ')}`;
  });
}

/** "gptq, 4 bits, groups of 128" or the 16-bit type. */
export function checkpointFormat({ architecture, quantization }: Model): string {
  if (!quantization) return `not quantized, ${architecture.dtype}`;
  const parts: readonly string[] = [
    quantization.method,
    `${quantization.bits} bits`,
    ...groupOf(quantization),
    ...(quantization.expertsOnly ? ['experts only'] : []),
    ...(quantization.basis === 'name' ? ['by the name only'] : []),
  ];
  return parts.join(', ');
}

/** How this deployment holds the weights: the checkpoint's format, and the method that quantizes them while they are loaded. */
export function weightFormat({ facts, report }: Analysis): string {
  if (!facts) return 'unknown';
  const atLoad = facts.model.quantization ? null : (report?.settings.quantization ?? null);
  return `${checkpointFormat(facts.model)}${atLoad === null ? '' : `, quantized at load: ${atLoad}`}`;
}

function groupOf({ groupSize, blockSize }: CheckpointQuantization): readonly string[] {
  if (blockSize) return [`blocks of ${blockSize[0]} x ${blockSize[1]}`];
  if (groupSize === null) return [];
  if (groupSize > 0) return [`groups of ${groupSize}`];
  return [groupSize === -1 ? 'per channel' : 'per tensor'];
}

/** The model's architecture and where its facts came from. */
export function modelParagraphs(analysis: Analysis): readonly string[] {
  const { facts, modelProblem, report } = analysis;
  if (!facts) return [escapeMarkdown(modelProblem?.message ?? 'Its facts are being looked up.')];
  const { architecture } = facts.model;
  const context = architecture.maxPositionEmbeddings;
  const figures = [
    `${formatParameters(facts.parameters)} parameters`,
    `${architecture.layout.length} layers`,
    `hidden size ${formatCount(architecture.hiddenSize)}`,
    `vocabulary ${formatCount(architecture.vocabSize)}`,
    context === null ? 'context length unknown' : `context ${formatCount(context)} tokens`,
  ];
  const towers = architecture.towers.map((tower) => `- ${tower.modality} encoder with ${formatParameters(tower.parameters)} parameters`);
  const weights = report ? [`Weights: ${formatGibRange(report.perGpu.weights)} per GPU (${escapeMarkdown(weightFormat(analysis))}).`] : [];
  const assumptions = facts.assumptions.length > 0 ? [`Assumed: ${facts.assumptions.map(escapeMarkdown).join('; ')}.`] : [];
  const shape = [`${inlineCode(architecture.modelType)}: ${figures.join(', ')}.`, [...layerLines(architecture), ...towers].join('\n')];
  const origin = `Facts from ${modelSource(facts.source)}: ${originOf(facts.origin)} (${facts.confidence}).`;
  // Of a guess, first that it is one.
  return facts.confidence === 'guessed'
    ? [`**Guessed.** ${[origin, ...assumptions].join(' ')}`, ...weights, ...shape]
    : [...shape, ...weights, origin, ...assumptions];
}

/** A web address of plain characters, which Markdown cannot read as anything else. */
const ADDRESS = /^https:\/\/([\w.-]+(?:\/[\w.-]+){0,2})[\w./%-]*(?:#[\w.-]+)?$/;

/** An address as a link that shows its beginning; anything else as it is. */
function originOf(origin: string): string {
  const shown = ADDRESS.exec(origin)?.[1];
  return shown === undefined ? inlineCode(origin) : `[${escapeMarkdown(shown)}](${origin})`;
}

export const TYPE_NAMES: Readonly<Record<Argument['type'], string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
  flag: 'flag',
  json: 'mapping or JSON',
  strings: 'one text or several',
  integers: 'one whole number or several',
};

/** What an argument takes, what vLLM uses without it, and in which versions: "number; default `0.9`; since vLLM 0.8". */
export function argumentKind(argument: Argument, version: string, report: StartupReport | null): string {
  const value = defaultOf(argument, version);
  const size = argument.humanSize ? ', also `32k` (32,000) or `32K` (32,768)' : '';
  const here = report ? computedDefault(report, argument.name) : null;
  const given =
    here !== null
      ? `default here ${inlineCode(typeof here === 'number' ? formatCount(here) : here)}`
      : value !== null
        ? `default ${inlineCode(JSON.stringify(value))}`
        : isOnByDefault(argument, version)
          ? 'on by default'
          : isComputed(argument.name)
            ? 'computed by default'
            : 'unset by default';
  const since = argument.since === null ? [] : [`since vLLM ${argument.since}`];
  const gone = argument.removal ? [`gone by vLLM ${escapeMarkdown(argument.removal.goneBy)}`] : [];
  return [`${TYPE_NAMES[argument.type]}${size}`, given, ...since, ...gone].join('; ');
}
