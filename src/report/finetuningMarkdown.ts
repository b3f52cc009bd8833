import { FRAMEWORK_NAMES, type FinetuningRequest, type FinetuningResponse } from '../estimator/contracts/finetuning';
import {
  formatCount,
  formatGib,
  formatHours,
  formatParameters,
  formatPercent,
  formatRough,
  formatShort,
  formatWhole,
  gibNumber,
  UNKNOWN,
} from '../estimator/figures';
import { between } from '../estimator/ranged';
import { GIB } from '../estimator/units';
import { escapeMarkdown } from './escape';

/** A figure of the response with its range where it has one: "about 22 GiB (19 to 25)". */
function ranged(response: FinetuningResponse, name: keyof FinetuningResponse, format: (figure: number) => string): string {
  const figure = response[name];
  if (typeof figure !== 'number') return UNKNOWN;
  const [low, high] = response.range[name] ?? [figure, figure];
  const { value, ends } = formatRough(between(low, figure, high), format);
  return ends === '' ? value : `${value} (${ends})`;
}

function gib(figure: number): string {
  return formatGib(figure * GIB);
}

function table(header: readonly [string, string], rows: readonly (readonly [string, string])[]): string {
  return [
    `| ${header.join(' | ')} |`,
    '| --- | --- |',
    ...rows.map(([name, value]) => `| ${escapeMarkdown(name)} | ${escapeMarkdown(value)} |`),
  ].join('\n');
}

/** The report on a fine-tuning run: what was asked, whether it fits, where the memory goes, how long it takes. */
export function finetuningMarkdown(request: FinetuningRequest, response: FinetuningResponse, gpu: string, model: string): string {
  const asked: readonly (readonly [string, string])[] = [
    ['GPUs', `${request.num_gpus} × ${gpu}`],
    ['Method', request.finetuning_method === 'full' ? 'full' : `${request.finetuning_method}, rank ${request.lora_rank}`],
    ['Batch', `${formatCount(request.batch_size)} sequences of ${formatCount(request.seq_length)} tokens`],
    ['Optimizer', request.optimizer],
    ['Gradient checkpointing', request.optimization_config.gradient_checkpointing],
  ];
  const figures: readonly (readonly [string, string])[] = [
    ['Peak per GPU', ranged(response, 'vram_usage', gib)],
    ['Of the card', `${formatPercent(response.actual_vram_percentage / 100)}, ${response.memory_status.replace('_', ' ')}`],
    ['Trained parameters', `${formatParameters(response.trainable_parameters)} of ${formatParameters(response.total_parameters)}`],
    ['Time', ranged(response, 'total_training_time_hours', formatHours)],
    ['Speed', ranged(response, 'training_tps', (speed) => `${formatWhole(speed)} tokens/s`)],
    ['Energy', ranged(response, 'energy_kwh', (energy) => `${formatShort(energy)} kWh`)],
    ['Host memory', ranged(response, 'estimated_system_ram_required', gib)],
  ];
  const parts = response.memory_breakdown.filter(({ size_gb }) => size_gb > 0);
  const sections = [
    `# Fine-tuning ${escapeMarkdown(model)}`,
    table(['Question', 'Value'], asked),
    ...(response.problems ?? []).map(
      ({ message }) => `**${escapeMarkdown(FRAMEWORK_NAMES[request.framework])} would not start**: ${escapeMarkdown(message)}`,
    ),
    table(['Answer', 'Value'], figures),
    '## Memory per GPU',
    table(
      ['Part', 'GiB'],
      parts.map(({ label, size_gb }) => [label, gibNumber(size_gb * GIB)]),
    ),
    ...(response.assumptions.length > 0 ? ['## Assumed', response.assumptions.map((text) => `- ${escapeMarkdown(text)}`).join('\n')] : []),
  ];
  return `${sections.join('\n\n')}\n`;
}
