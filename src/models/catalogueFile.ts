import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { Catalogue } from './catalogue';

/** How far above the running file the data folder may lie: bundles have it beside them, tests a few folders up. */
const HIGHEST_PARENT = 4;

let loading: Promise<Catalogue> | null = null;

/** The shipped catalogue, read when first needed and then kept. Rejects when the data file is missing or damaged. */
export function loadCatalogue(): Promise<Catalogue> {
  loading ??= read().catch((error: unknown) => {
    loading = null;
    throw error;
  });
  return loading;
}

async function read(): Promise<Catalogue> {
  for (let level = 0; level <= HIGHEST_PARENT; level++) {
    const file = path.join(__dirname, ...Array<string>(level).fill('..'), 'data', 'models.json');
    const text = await readFile(file, 'utf8').catch(() => null);
    if (text !== null) return Catalogue.parse(text);
  }
  throw new Error(`data/models.json is missing beside ${__dirname}`);
}
