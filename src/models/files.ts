import { constants } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
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
    const handle = await this.open(file);
    if (handle === null) return null;
    try {
      const { size } = await handle.stat();
      const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
      return { bytes: buffer.subarray(0, bytesRead), size };
    } finally {
      await handle.close();
    }
  }

  private async bytes(file: string, maxBytes: number): Promise<Buffer | null> {
    const handle = await this.open(file);
    if (handle === null) return null;
    try {
      const { size } = await handle.stat();
      if (size > maxBytes) {
        throw new FileProblem(`${file} has ${megabytes(size)}; more than ${megabytes(maxBytes)} is not read as a ${path.basename(file)}.`);
      }
      // No more than stated: files of /proc state no size and some never end.
      const buffer = Buffer.alloc(size);
      const { bytesRead } = await handle.read(buffer, 0, size, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  }

  /** Opens a regular file; null when there is none. Never waits: opening a pipe that nobody writes to would. */
  private async open(file: string): Promise<FileHandle | null> {
    const real = await this.resolve(file);
    if (real === null) return null;
    let handle: FileHandle;
    try {
      if (!(await stat(real)).isFile()) throw new FileProblem(`${file} is not a regular file.`);
      handle = await open(real, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT') return null;
      if (code === '') throw error;
      throw new FileProblem(`${file} ${MAY_NOT.has(code) ? 'may not be read by this user' : `cannot be read (${code})`}.`);
    }
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
    throw new FileProblem(`${file} is not a regular file.`);
  }

  /** The path behind all links; null when it does not exist. */
  private async resolve(file: string): Promise<string | null> {
    this.signal?.throwIfAborted();
    this.seen.add(file);
    let real: string;
    try {
      real = await realpath(file);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ELOOP') throw new FileProblem(`${file} is a symbolic link that leads back to itself.`);
      if (MAY_NOT.has(code)) throw new FileProblem(`${file} may not be read by this user.`);
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

const MAY_NOT: ReadonlySet<string> = new Set(['EACCES', 'EPERM']);

/** The system's error code; empty for errors of another kind. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Whether `file` is `folder` or lies below it. Both absolute, without links. */
function isBelow(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative === '' || (!relative.startsWith('..') && !path.isAbsolute(relative));
}

/**
 * Parses JSON text whose nesting is bounded; throws a FileProblem that names `source`. As Python's parser, which wrote most configs, it takes
 * NaN and Infinity (Mamba's `time_step_limit`); they become null.
 */
export function parseJson(text: string, source: string): unknown {
  if (nestingDepth(text) > MAX_JSON_DEPTH) throw new FileProblem(`${source} is nested more than ${MAX_JSON_DEPTH} levels deep.`);
  if (/^\uFFFD\uFFFD|^.\0/.test(text)) throw new FileProblem(`${source} is not UTF-8 text: save it as UTF-8.`);
  try {
    return JSON.parse(text);
  } catch (error) {
    const finite = withoutNonNumbers(text);
    if (finite !== text) return parseJson(finite, source);
    throw new FileProblem(`${source} is not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The text with bare NaN, Infinity and -Infinity as null; strings stay as they are. */
function withoutNonNumbers(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (found) => (found.startsWith('"') ? found : 'null'));
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
