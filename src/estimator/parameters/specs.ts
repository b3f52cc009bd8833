import type { ParameterGroup, Sharding, TensorSpec } from '../tensors';

/** What distinguishes a matrix beyond its name and shape. */
interface MatrixOptions {
  readonly sharding: Sharding;
  readonly group: ParameterGroup;
  readonly fusedInto?: string;
  readonly heads?: number;
  readonly expertCut?: 'column' | 'row';
  readonly copies?: number;
  /** Default true: the weight of a linear layer. */
  readonly quantizable?: boolean;
}

/** A linear layer's weight, `[outFeatures, inFeatures]`. */
export function matrix(name: string, outFeatures: number, inFeatures: number, options: MatrixOptions): TensorSpec {
  return { copies: 1, quantizable: true, ...options, name, outFeatures, inFeatures };
}

/** A one-dimensional parameter of `length` elements, never quantized. */
export function vector(
  name: string,
  length: number,
  options: Omit<MatrixOptions, 'quantizable'> & { readonly fp32?: boolean },
): TensorSpec {
  return { copies: 1, ...options, name, outFeatures: length, inFeatures: 1, quantizable: false };
}

/** A norm weight that every rank keeps whole. */
export function norm(name: string, length: number, copies = 1): TensorSpec {
  return vector(name, length, { group: 'norm', sharding: 'replicated', copies });
}

/** The bias of a linear layer: cut like its output rows, whole where the rows are not cut. */
export function biasOf(weight: TensorSpec): TensorSpec {
  const sharding = weight.sharding === 'row' ? 'replicated' : weight.sharding;
  return {
    ...weight,
    name: `${weight.name}.bias`,
    inFeatures: 1,
    sharding,
    quantizable: false,
    ...(weight.fusedInto === undefined ? {} : { fusedInto: `${weight.fusedInto}.bias` }),
  };
}

/** A weight followed by its bias where it has one. */
export function withBias(weight: TensorSpec, bias: boolean): readonly TensorSpec[] {
  return bias ? [weight, biasOf(weight)] : [weight];
}
