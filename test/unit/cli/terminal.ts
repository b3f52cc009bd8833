import type { Terminal } from '../../../src/cli/command';
import { runCli } from '../../../src/cli/main';

/** What a command left behind. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

/** Chunks that end in the middle of a line, as pipes deliver them. */
const CHUNK = 7;

async function* chunks(text: string): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += CHUNK) yield await Promise.resolve(text.slice(at, at + CHUNK));
}

/** Runs the command line in a terminal that remembers what was written. */
export function cli(args: readonly string[], stdin = '', cwd = process.cwd()): Promise<Outcome> {
  return inTerminal((terminal) => runCli(args, terminal), stdin, cwd);
}

/** What a command leaves behind in such a terminal. */
export async function inTerminal(run: (terminal: Terminal) => Promise<number>, stdin = '', cwd = process.cwd()): Promise<Outcome> {
  let [out, errors] = ['', ''];
  const code = await run({
    stdin: chunks(stdin),
    write: (text) => {
      out += text;
      return Promise.resolve();
    },
    writeError: (text) => {
      errors += text;
    },
    cwd,
  });
  return { code, out, errors };
}
