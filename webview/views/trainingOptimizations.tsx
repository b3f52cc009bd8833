import type { VNode } from 'preact';
import { formatGib, formatShort } from '../../src/estimator/figures';
import { memorySavers } from '../../src/analysis/finetuningAdvice';
import type { FinetuningForm } from '../../src/analysis/finetuningScenario';
import type { FinetuningResponse } from '../../src/estimator/contracts/finetuning';
import type { Gpu } from '../../src/estimator/hardware/gpu';
import { GIB } from '../../src/estimator/units';
import type { ModelFacts } from '../../src/models/source';
import { Button } from '../ui/toolkit';

/** Names of optimizations that are not their key with spaces. */
const NAMES: Readonly<Record<string, string>> = {
  lora: 'LoRA',
  qlora: 'QLoRA',
  base_quantization: 'Base weights in',
  '8bit_optimizer': '8-bit optimizer states',
  chunked_loss: 'Loss in chunks',
  torch_compile: 'torch.compile',
};

function nameOf(optimization: string): string {
  const [key = '', ...value] = optimization.split(' ');
  const name = NAMES[key] ?? key.charAt(0).toUpperCase() + key.slice(1).replaceAll('_', ' ').replace('ero stage', 'eRO stage');
  return [name, ...value.map((word) => word.replaceAll('_', ' '))].join(' ');
}

function speedWords(factor: number | null): string {
  if (factor === null) return 'unknown';
  const words = formatShort(factor);
  return words === '1' ? 'same' : `${words} ×`;
}

/** Which optimizations are on and what each one saves, found by leaving it out. */
export function Savings({ response }: { readonly response: FinetuningResponse }): VNode {
  return (
    <table>
      <caption>Optimizations that are on</caption>
      <thead>
        <tr>
          <th scope="col">Optimization</th>
          <th scope="col">Saves per GPU</th>
          <th scope="col">Speed</th>
        </tr>
      </thead>
      <tbody>
        {response.savings.map(({ optimization, saved_gb, speed_factor }) => (
          <tr key={optimization}>
            <th scope="row">{nameOf(optimization)}</th>
            <td>{saved_gb < 0 ? `costs ${formatGib(-saved_gb * GIB)}` : formatGib(saved_gb * GIB)}</td>
            <td>{speedWords(speed_factor)}</td>
          </tr>
        ))}
        {response.savings.length === 0 ? (
          <tr>
            <td colSpan={3}>None.</td>
          </tr>
        ) : null}
      </tbody>
    </table>
  );
}

interface FurtherProps {
  readonly form: FinetuningForm;
  readonly facts: ModelFacts;
  /** The card that is estimated for, and its memory, null when none is chosen. */
  readonly card: Gpu;
  readonly capacityGib: number | null;
  readonly onUse: (changes: Partial<FinetuningForm>) => void;
}

/** What could be turned on, what it saves, and whether the run then fits. */
export function FurtherSavings({ form, facts, card, capacityGib, onUse }: FurtherProps): VNode | null {
  const savers = memorySavers({ ...form, gpu_key: card.key, custom_vram: card.totalMemoryGib }, { model: facts.model, gpu: card });
  if (savers.length === 0) return null;
  return (
    <table>
      <caption>What else would save memory</caption>
      <thead>
        <tr>
          <th scope="col">Change</th>
          <th scope="col">Saves per GPU</th>
          <th scope="col">Speed</th>
          <th scope="col">Peak then</th>
          <th scope="col">
            <span class="unseen">Take it</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {savers.map(({ title, changes, savedGib, peakGib, speedFactor }) => (
          <tr key={title}>
            <th scope="row">{title}</th>
            <td class="number-cell">{formatGib(savedGib * GIB)}</td>
            <td class="number-cell">{speedWords(speedFactor)}</td>
            <td>
              <span class="nowrap">{formatGib(peakGib * GIB)}</span>{' '}
              {capacityGib === null ? null : <span class="nowrap">{peakGib <= capacityGib ? <strong>✔ fits</strong> : '✖ too much'}</span>}
            </td>
            <td>
              <Button onPress={() => onUse(changes)} label={`Use: ${title}`}>
                Use
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
