/** A model described by its size and, where they are known, some of its dimensions; 0 for those of a model of this size. */
export interface CustomModel {
  /** Billions of parameters. */
  readonly custom_parameters: number;
  readonly custom_layers: number;
  readonly custom_hidden_size: number;
  readonly custom_heads: number;
  readonly custom_kv_heads: number;
  readonly custom_vocab_size: number;
}

/** What stands for the name of such a model. */
export const SIZED = 'custom';

/** A model of which only the size is known. */
export const ONLY_SIZE: Omit<CustomModel, 'custom_parameters'> = {
  custom_layers: 0,
  custom_hidden_size: 0,
  custom_heads: 0,
  custom_kv_heads: 0,
  custom_vocab_size: 0,
};
