import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { isJsonObject } from './config/fields';
import type { ModelFactsJson } from './source';

/** One answer of the Hub as it is kept. */
export interface KeptModel {
  /** Commit the answer describes. */
  readonly commit: string;
  readonly facts: ModelFactsJson;
}

/** Raise when the shape of `KeptModel` changes: older files are then ignored. */
const FORMAT = 1;
/** Kept answers are small; anything larger was not written by this class. */
const MAX_KEPT_BYTES = 4 * 1024 * 1024;

/** Answers of the Hub on disk, one JSON file per endpoint, model and revision. Losing them costs a request, nothing else. */
export class HubStore {
  constructor(private readonly folder: string) {}

  /** The kept answer; null when there is none or it is not readable. */
  async read(endpoint: string, id: string, revision: string | null): Promise<KeptModel | null> {
    const file = this.fileOf(endpoint, id, revision);
    try {
      if ((await stat(file)).size > MAX_KEPT_BYTES) return null;
      const kept: unknown = JSON.parse(await readFile(file, 'utf8'));
      return isKept(kept) ? kept : null;
    } catch {
      return null;
    }
  }

  /** Keeps an answer: written aside, then renamed, so that a reader never sees half of it. Failing to is not an error. */
  async write(endpoint: string, id: string, revision: string | null, kept: KeptModel): Promise<void> {
    const file = this.fileOf(endpoint, id, revision);
    const aside = `${file}.${process.pid}.tmp`;
    try {
      await mkdir(this.folder, { recursive: true });
      await writeFile(aside, JSON.stringify({ format: FORMAT, id, ...kept }));
      await rename(aside, file);
    } catch {
      await rm(aside, { force: true }).catch(() => undefined);
    }
  }

  private fileOf(endpoint: string, id: string, revision: string | null): string {
    const key = createHash('sha256')
      .update(JSON.stringify([endpoint, id.toLowerCase(), revision]))
      .digest('hex')
      .slice(0, 16);
    return path.join(
      this.folder,
      `${id
        .toLowerCase()
        .replace(/[^\w.-]+/g, '--')
        .slice(0, 100)}.${key}.json`,
    );
  }
}

function isKept(value: unknown): value is KeptModel {
  return (
    isJsonObject(value) &&
    value['format'] === FORMAT &&
    typeof value['commit'] === 'string' &&
    isJsonObject(value['facts']) &&
    isJsonObject(value['facts']['model'])
  );
}
