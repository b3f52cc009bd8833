import { createReadStream } from 'node:fs';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';

/** Where a command reads and writes. Injected, so that tests run commands without a process. */
export interface Terminal {
  readonly stdin: AsyncIterable<string | Uint8Array>;
  /** Resolves when the text is taken, so that a slow reader slows the writer. */
  readonly write: (text: string) => Promise<void>;
  readonly writeError: (text: string) => void;
  readonly cwd: string;
}

/** What a file holds, or standard input for `-`. */
export function openInput(source: string, terminal: Terminal): Readable {
  return source === '-' ? Readable.from(terminal.stdin) : createReadStream(path.resolve(terminal.cwd, source));
}

/** Why a file, or standard input, cannot be read. */
export function unreadable(source: string, error: unknown): UsageError {
  return new UsageError(`"${source}" cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
}

/** Exit codes: all fit; something does not; the input cannot be used. */
export const EXIT = { ok: 0, doesNotFit: 1, unusable: 2 } as const;

/** One subcommand. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Full help, without a final newline. */
  readonly help: string;
  /** The exit code. Throws `UsageError` for arguments that cannot be used. */
  readonly run: (args: readonly string[], terminal: Terminal) => Promise<number>;
}

/** What a person got wrong on the command line: the flag, its value, and what is allowed. */
export class UsageError extends Error {}

type Options = NonNullable<ParseArgsConfig['options']>;

/** Parses the arguments of a command; an unknown or incomplete option names those that exist. */
export function parseOptions<T extends Options>(args: readonly string[], options: T): ReturnType<typeof parseStrictly<T>> {
  try {
    return parseStrictly(args, options);
  } catch (error) {
    const message = error instanceof Error ? error.message.split('. ')[0] : String(error);
    const allowed = Object.keys(options).map((name) => `--${name}`);
    throw new UsageError(`${message}. Allowed: ${allowed.join(', ')}.`);
  }
}

function parseStrictly<T extends Options>(args: readonly string[], options: T) {
  return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
}

/** A number above zero given to a flag. */
export function positiveNumber(flag: string, text: string, unit: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) {
    throw new UsageError(`--${flag} "${text}" is not allowed: a number of ${unit} above 0 is needed.`);
  }
  return value;
}

/** A whole number from 1 given to a flag. */
export function positiveInteger(flag: string, text: string, unit: string): number {
  const value = positiveNumber(flag, text, unit);
  if (!Number.isInteger(value)) throw new UsageError(`--${flag} "${text}" is not allowed: a whole number of ${unit} is needed.`);
  return value;
}
