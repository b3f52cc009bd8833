import type { FinetuningRequest, FinetuningResponse } from '../estimator/contracts/finetuning';
import { formatCount, formatParameters, UNKNOWN } from '../estimator/figures';
import { escapeMarkdown } from './escape';

/** A figure with its range where it has one: "22.1 (19.6 to 24.6) GiB". */
function ranged(response: FinetuningResponse, name: keyof FinetuningResponse, unit: string): string {
  const value = response[name];
  if (typeof value !== 'number') return UNKNOWN;
  const range = response.range[name];
  const text = (figure: number): string => (figure >= 100 ? formatCount(figure) : figure.toPrecision(3));
  return `${text(value)}${range ? ` (${text(range[0])} to ${text(range[1])})` : ''} ${unit}`;
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
    ['Peak per GPU', ranged(response, 'vram_usage', 'GiB')],
    ['Of the card', `${response.actual_vram_percentage.toFixed(0)} %, ${response.memory_status.replace('_', ' ')}`],
    ['Trained parameters', `${formatParameters(response.trainable_parameters)} of ${formatParameters(response.total_parameters)}`],
    ['Time', ranged(response, 'total_training_time_hours', 'hours')],
    ['Speed', ranged(response, 'training_tps', 'tokens per second')],
    ['Energy', ranged(response, 'energy_kwh', 'kWh')],
    ['Host memory', ranged(response, 'estimated_system_ram_required', 'GiB')],
  ];
  const parts = response.memory_breakdown.filter(({ size_gb }) => size_gb > 0);
  const sections = [
    `# Fine-tuning ${escapeMarkdown(model)}`,
    table(['Question', 'Value'], asked),
    table(['Answer', 'Value'], figures),
    '## Memory per GPU',
    table(
      ['Part', 'GiB'],
      parts.map(({ label, size_gb }) => [label, size_gb.toFixed(2)]),
    ),
    ...(response.assumptions.length > 0 ? ['## Assumed', response.assumptions.map((text) => `- ${escapeMarkdown(text)}`).join('\n')] : []),
  ];
  return `${sections.join('\n\n')}\n`;
}
