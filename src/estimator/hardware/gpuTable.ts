import type { Gpu } from './gpu';
import table from './gpus.json';

/** Names against values. */
function record(names: readonly string[], values: readonly unknown[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(names.map((name, i) => [name, values[i] ?? null]));
}

/** The rows of the table that `scripts/build-gpus.ts` writes: a row holds the values of the columns, its `tflops` those of the rates. */
export function readGpuTable(): readonly Gpu[] {
  const { columns, rates, rows } = table as { readonly columns: string[]; readonly rates: string[]; readonly rows: unknown[][] };
  return rows.map((row) => {
    const fields = record(columns, row);
    return { ...fields, tflops: record(rates, fields['tflops'] as readonly unknown[]) } as unknown as Gpu;
  });
}
