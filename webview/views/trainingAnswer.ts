import type { FinetuningResponse } from '../../src/estimator/contracts/finetuning';
import { formatCount, formatGib, formatHours, formatParameters, formatShort, formatWhole } from '../../src/estimator/figures';
import { between, exactly, type Ranged } from '../../src/estimator/ranged';
import { GIB } from '../../src/estimator/units';
import { RANGE_REASONS } from '../../src/report/words';
import type { Figure } from './figures';

/** The figures people ask for about a run, most asked first. */
export function trainingFigures(response: FinetuningResponse, hasGpu: boolean): readonly Figure[] {
  const ranged = (name: string, value: number | null): Ranged | null => {
    const range = response.range[name];
    return value === null || !hasGpu ? null : range ? between(range[0], value, range[1], RANGE_REASONS.training) : exactly(value);
  };
  const note = hasGpu ? '' : 'Needs a GPU';
  return [
    {
      name: 'Trained parameters',
      figure: exactly(response.trainable_parameters),
      format: formatParameters,
      note: `of ${formatParameters(response.total_parameters)}`,
    },
    {
      name: 'Time',
      figure: ranged('total_training_time_hours', response.total_training_time_hours),
      format: formatHours,
      rough: true,
      note,
    },
    { name: 'Steps', figure: response.total_steps === null ? null : exactly(response.total_steps), format: formatCount },
    { name: 'Tokens per second', figure: ranged('training_tps', response.training_tps), format: formatWhole, rough: true, note },
    {
      name: 'Samples per second',
      figure: ranged('samples_per_second', response.samples_per_second),
      format: formatShort,
      rough: true,
      note,
    },
    { name: 'Power', figure: ranged('', response.estimated_power_draw), format: (watts) => `${formatWhole(watts)} W`, note },
    { name: 'Energy', figure: ranged('', response.energy_kwh), format: (energy) => `${formatShort(energy)} kWh`, note },
    { name: 'Host memory', figure: exactly(response.estimated_system_ram_required), format: (gib) => formatGib(gib * GIB) },
  ];
}
