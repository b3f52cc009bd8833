#!/usr/bin/env node
import { once } from 'node:events';
import { version } from '../../package.json';
import { EXIT, UsageError } from './command';
import type { Command, Terminal } from './command';
import { compareCommand } from './compare';
import { estimateCommand } from './estimate';
import { gpusCommand } from './gpus';
import { inferenceCommand } from './inference';
import { llmsCommand } from './llms';
import { finetuningCommand } from './finetuning';
import { restCommand } from './rest';

/** Every subcommand, in the order of the help. */
const COMMANDS: readonly Command[] = [
  estimateCommand,
  inferenceCommand,
  finetuningCommand,
  compareCommand,
  restCommand,
  gpusCommand,
  llmsCommand,
];

const PROGRAM = 'vllm-vram';

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const list = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    `${PROGRAM} ${version}: where each GPU's memory goes under a vLLM configuration, and whether vLLM would start`,
    '',
    `usage: ${PROGRAM} COMMAND [options]`,
    '',
    'commands:',
    ...list,
    '',
    `${PROGRAM} COMMAND --help says more. --version prints the version.`,
  ].join('\n');
}

/** Runs the command that `argv` names and gives its exit code. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    await terminal.write(`${overview()}\n`);
    return name === undefined ? EXIT.unusable : EXIT.ok;
  }
  if (name === '--version' || name === '-v') {
    await terminal.write(`${version}\n`);
    return EXIT.ok;
  }
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (!command) {
    terminal.writeError(`error: there is no command "${name}". Commands: ${COMMANDS.map((candidate) => candidate.name).join(', ')}.\n`);
    return EXIT.unusable;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    await terminal.write(`${command.help}\n`);
    return EXIT.ok;
  }
  try {
    return await command.run(rest, terminal);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.writeError(`error: ${error.message}\n`);
    return EXIT.unusable;
  }
}

async function writeOut(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

if (require.main === module) {
  // A reader that has seen enough (`| head`) is no failure of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.unusable));
  const terminal: Terminal = {
    stdin: process.stdin,
    write: writeOut,
    writeError: (text) => void process.stderr.write(text),
    cwd: process.cwd(),
  };
  runCli(process.argv.slice(2), terminal).then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = EXIT.unusable;
    },
  );
}
