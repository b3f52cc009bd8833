import { open, readdir, realpath, stat } from 'node:fs/promises';
import * as path from 'node:path';

/** Largest JSON file read as a whole: an index.json of 250,000 tensors, more than any published model has, stays below. */
const MAX_JSON_BYTES = 32 * 1024 * 1024;
/** Largest config.json and its like. Real ones, with long lists of unquantized modules, stay below 2 MB. */
export const MAX_CONFIG_BYTES = 8 * 1024 * 1024;
/** Deepest nesting of a JSON file. Real configs nest six levels or fewer. */
const MAX_JSON_DEPTH = 64;
/** Most entries of one model folder that are looked at. */
const MAX_FOLDER_ENTRIES = 20_000;

/** A file that cannot be used, with the reason in plain words. */
export class FileProblem extends Error {}

/**
 * Read access to model files within limits: regular files only, below the allowed roots after symbolic links are followed,
 * no larger than stated. Remembers every path it was asked for.
 */
export class ModelFiles {
  private readonly seen = new Set<string>();

  /** `allowedRoots` null allows every path; otherwise links that lead outside the roots are refused. */
  constructor(
    private readonly allowedRoots: readonly string[] | null,
    private readonly signal?: AbortSignal,
  ) {}

  /** Paths asked for so far, found or not. */
  get paths(): readonly string[] {
    return [...this.seen];
  }

  /** What stands at a path; null when nothing does. Throws a FileProblem for loops and for paths outside the roots. */
  async kind(file: string): Promise<'file' | 'folder' | null> {
    const real = await this.resolve(file);
    if (real === null) return null;
    const found = await stat(real);
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : null;
  }

  /** Names in a folder; empty when there is no such folder. */
  async list(folder: string): Promise<readonly string[]> {
    const real = await this.resolve(folder);
    if (real === null) return [];
    const names = await readdir(real).catch(() => []);
    if (names.length > MAX_FOLDER_ENTRIES) throw new FileProblem(`${folder} holds ${names.length} entries; a model folder has far fewer.`);
    return names;
  }

  /** A parsed JSON file; null when it does not exist. */
  async json(file: string, maxBytes = MAX_JSON_BYTES): Promise<unknown> {
    const bytes = await this.bytes(file, maxBytes);
    return bytes === null ? null : parseJson(bytes.toString('utf8'), file);
  }

  /** The text of a small file; null when it does not exist. */
  async text(file: string, maxBytes: number): Promise<string | null> {
    return (await this.bytes(file, maxBytes))?.toString('utf8') ?? null;
  }

  /** `length` bytes from `offset`, and the file's size; null when the file does not exist. Fewer bytes where the file ends. */
  async slice(file: string, offset: number, length: number): Promise<{ readonly bytes: Buffer; readonly size: number } | null> {
    const real = await this.resolve(file);
    if (real === null) return null;
    const handle = await open(real, 'r');
    try {
      const { size } = await this.regular(handle, file);
      const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
      return { bytes: buffer.subarray(0, bytesRead), size };
    } finally {
      await handle.close();
    }
  }

  private async bytes(file: string, maxBytes: number): Promise<Buffer | null> {
    const real = await this.resolve(file);
    if (real === null) return null;
    const handle = await open(real, 'r');
    try {
      const { size } = await this.regular(handle, file);
      if (size > maxBytes) {
        throw new FileProblem(`${file} has ${megabytes(size)}; more than ${megabytes(maxBytes)} is not read as a ${path.basename(file)}.`);
      }
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  }

  private async regular(handle: Awaited<ReturnType<typeof open>>, file: string): Promise<{ readonly size: number }> {
    const found = await handle.stat();
    if (!found.isFile()) throw new FileProblem(`${file} is not a regular file.`);
    return found;
  }

  /** The path behind all links; null when it does not exist. */
  private async resolve(file: string): Promise<string | null> {
    this.signal?.throwIfAborted();
    this.seen.add(file);
    let real: string;
    try {
      real = await realpath(file);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : '';
      if (code === 'ELOOP') throw new FileProblem(`${file} is a symbolic link that leads back to itself.`);
      if (code === 'EACCES' || code === 'EPERM') throw new FileProblem(`${file} may not be read by this user.`);
      return null;
    }
    if (this.allowedRoots && !(await this.isAllowed(real))) {
      throw new FileProblem(`${file} lies outside the workspace, which is not trusted: nothing outside it is read.`);
    }
    return real;
  }

  private async isAllowed(real: string): Promise<boolean> {
    const roots = await Promise.all((this.allowedRoots ?? []).map((root) => realpath(root).catch(() => root)));
    return roots.some((root) => isBelow(real, root));
  }
}

/** Whether `file` is `folder` or lies below it. Both absolute, without links. */
export function isBelow(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative === '' || (!relative.startsWith('..') && !path.isAbsolute(relative));
}

/** Parses JSON text whose nesting is bounded; throws a FileProblem that names `source`. */
export function parseJson(text: string, source: string): unknown {
  if (nestingDepth(text) > MAX_JSON_DEPTH) throw new FileProblem(`${source} is nested more than ${MAX_JSON_DEPTH} levels deep.`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FileProblem(`${source} is not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Deepest nesting of brackets outside strings; stops counting beyond the limit. */
function nestingDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length && deepest <= MAX_JSON_DEPTH; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === BACKSLASH) i++;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) inString = true;
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) deepest = Math.max(deepest, ++depth);
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth--;
  }
  return deepest;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
