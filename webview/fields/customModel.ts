import { SIZED, type CustomModel } from '../../src/analysis/customModel';
import type { Field } from './field';

/** Sizes that open models come in, billions of parameters. */
export const MODEL_SIZES = [0.5, 1, 1.5, 3, 4, 7, 8, 12, 14, 20, 27, 32, 49, 70, 120, 180, 235, 405, 671, 1000];

interface WithModel extends CustomModel {
  readonly llm_key: string;
}

/** A dimension that may be left to the size. */
function dimension<F extends WithModel>(name: keyof CustomModel, label: string, max: number): Field<F> {
  return {
    name,
    label,
    section: 'Architecture',
    kind: 'number',
    unit: '',
    min: 0,
    max,
    integer: true,
    automatic: 'as usual for the size',
    when: (form) => form.llm_key === SIZED,
  };
}

/** The inputs that describe a model which no source knows. */
export function customModelFields<F extends WithModel>(): readonly Field<F>[] {
  return [
    {
      name: 'custom_parameters',
      label: 'Size',
      section: 'Basics',
      kind: 'slider',
      unit: 'billion parameters',
      min: 0.1,
      max: 10_000,
      integer: false,
      stops: MODEL_SIZES,
      when: (form) => form.llm_key === SIZED,
    },
    dimension('custom_layers', 'Layers', 1000),
    dimension('custom_hidden_size', 'Hidden size', 131_072),
    dimension('custom_heads', 'Attention heads', 1024),
    dimension('custom_kv_heads', 'KV heads', 1024),
    dimension('custom_vocab_size', 'Vocabulary', 2_000_000),
  ];
}
