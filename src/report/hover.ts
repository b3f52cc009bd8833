/** What a key of a vLLM file means for this deployment, in numbers, as Markdown. */
import type { Analysis } from '../analysis/analysis';
import type { DeploymentArgument } from '../deployments/deployment';
import { humanSize } from '../deployments/values';
import { formatCount } from '../estimator/figures';
import { findArgument } from '../vllm/argumentTable';
import type { Argument } from '../vllm/argumentTable';
import type { StartupReport } from '../vllm/startup/report';
import { escapeMarkdown, inlineCode } from './escape';
import { KEY_PARAGRAPHS } from './hoverKeys';
import { argumentKind, modelParagraphs, TYPE_NAMES } from './hoverSubjects';
import { gpuMemory, gpuName, gpuSource } from './words';

/** Assumptions that a hover has room for; the report has them all. */
const ASSUMPTIONS_SHOWN = 2;

/** The figures are for this GPU and version; what they rest on. */
function footer(analysis: Analysis, report: StartupReport): string {
  const { gpu, gpuProblem, gpuAssumptions, version } = analysis;
  const card = gpu
    ? [`${escapeMarkdown(gpuName(gpu))} (${gpuSource(gpu.source)})`, gpuMemory(gpu)].filter(Boolean).join(', ')
    : escapeMarkdown((gpuProblem ?? 'No GPU chosen: the figures that need none are shown').replace(/\.$/, ''));
  const all = [...gpuAssumptions, ...report.assumptions];
  const more = all.length > ASSUMPTIONS_SHOWN ? `; ${all.length - ASSUMPTIONS_SHOWN} more in the report` : '';
  const shown = all.slice(0, ASSUMPTIONS_SHOWN).map(escapeMarkdown);
  const assumed = shown.length > 0 ? `  \nAssumed: ${shown.join('; ')}${more}.` : '';
  return `${card}, vLLM ${escapeMarkdown(version)}.${assumed}`;
}

/** The argument of the table behind a written one; dotted parts and `no-` lead to their argument. */
function tableEntry(name: string): Argument | null {
  const [base = name] = name.split('.');
  return findArgument(base) ?? (base.startsWith('no-') ? findArgument(base.slice(3)) : null);
}

/** Characters of a value that are shown: a mapping can be long, and stands in the file. */
const LONGEST_VALUE = 80;
/** Choices of a field that are listed; completion has them all. */
const MOST_CHOICES = 10;

/** The value as vLLM sees it; behind one written otherwise: "`32k` = `32,000`". */
function shownValue({ value, source }: DeploymentArgument): string {
  if (value === undefined) return '';
  if (typeof value === 'number' && source !== null && humanSize(source) !== null)
    return ` ${inlineCode(source)} = ${inlineCode(formatCount(value))}`;
  const text = JSON.stringify(value);
  return ` ${inlineCode(text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)} …` : text)}`;
}

/** What a field of a mapping means and takes; nothing for other words. */
function fieldParagraphs(entry: Argument, word: string | undefined): readonly string[] {
  const field = entry.fields.find(({ name }) => name === word);
  if (!field) return [];
  const { name, type, default: value, choices, meaning } = field;
  const given = value === undefined || value === null ? '' : `; default ${inlineCode(JSON.stringify(value))}`;
  const some = choices?.slice(0, MOST_CHOICES).map((choice) => inlineCode(String(choice)));
  const listed = some ? `  \nOne of ${some.join(', ')}${choices && choices.length > some.length ? ' …' : ''}.` : '';
  return [
    `**${escapeMarkdown(`${entry.name}.${name}`)}** · ${TYPE_NAMES[type]}${given}${meaning === undefined ? '' : `  \n${meaning}`}${listed}`,
  ];
}

/** What the reader already has and what is pointed at. */
export interface HoverOptions {
  /** Another extension describes the key: leave out what it means as such. */
  readonly withoutDescription?: boolean;
  /** The word pointed at inside the value: of a mapping, perhaps a field. */
  readonly word?: string;
  /** Markdown of links to more, where they show without scrolling. */
  readonly links?: string;
}

function remarks(argument: DeploymentArgument): readonly string[] {
  if (argument.effective || argument.value === undefined) return [];
  return [argument.value === false ? 'vLLM drops `false` from its file: the default stays.' : 'Without effect: a later entry wins.'];
}

/**
 * Markdown on one argument of a deployment: what it means, and what it comes to here.
 * Text from the file appears only escaped: never as markup, link or command.
 */
export function hoverMarkdown(analysis: Analysis, argument: DeploymentArgument, options: HoverOptions = {}): string {
  const { report, modelProblem, version } = analysis;
  const entry = tableEntry(argument.name);
  const isDescribed = options.withoutDescription !== true && entry !== null && entry.name !== 'model';
  const title = `**${escapeMarkdown(argument.name)}**${shownValue(argument)}${isDescribed ? ` · ${argumentKind(entry, version, report)}` : ''}`;
  const links = options.links === undefined ? '' : `${isDescribed ? ' ' : '  \n'}${options.links}`;
  const head = [`${title}${isDescribed ? `  \n${entry.meaning}` : ''}${links}`, ...remarks(argument)];
  if (!entry) return [...head, `vLLM ${escapeMarkdown(version)} has no argument of this name.`].join('\n\n');
  head.unshift(...fieldParagraphs(entry, options.word));
  if (entry.name === 'model') return [...head, ...modelParagraphs(analysis)].join('\n\n');
  const paragraphs = report ? (KEY_PARAGRAPHS[entry.name]?.(report, analysis) ?? []) : [];
  const missing = report || !modelProblem || !KEY_PARAGRAPHS[entry.name] ? [] : [escapeMarkdown(modelProblem.message)];
  const closing = report && paragraphs.length > 0 ? [footer(analysis, report)] : [];
  return [...head, ...paragraphs, ...missing, ...closing].join('\n\n');
}
