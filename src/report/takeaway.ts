import { stringify } from 'yaml';
import type { ArgumentValue, VllmArguments } from '../vllm/arguments';

/** Characters that a POSIX shell takes as they are. */
const SHELL_SAFE = /^[A-Za-z0-9_@%+=:,./-]+$/;

function shellWord(text: string): string {
  return SHELL_SAFE.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
}

/** One argument as `vllm serve` reads it; an empty list for one that is off. */
function flag(key: string, value: ArgumentValue): readonly string[] {
  if (value === null || value === false) return [];
  if (value === true) return [`--${key}`];
  if (Array.isArray(value)) return [`--${key}`, ...value.map((item: ArgumentValue) => shellWord(plain(item)))];
  return [`--${key}`, shellWord(plain(value))];
}

function plain(value: ArgumentValue): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The deployment as a `vllm serve` command, one argument to a line, quoted for a POSIX shell. */
export function serveCommand(args: VllmArguments): string {
  const model = args.get('model');
  const first = ['vllm serve', ...(typeof model === 'string' ? [shellWord(model)] : [])].join(' ');
  const rest = [...args].filter(([key]) => key !== 'model').map(([key, value]) => flag(key, value).join(' '));
  return `${[first, ...rest.filter((words) => words !== '')].join(' \\\n  ')}\n`;
}

/** The deployment as the file that `vllm serve --config` reads; what is off is left out, as vLLM would drop it. */
export function configYaml(args: VllmArguments): string {
  const given = [...args].filter(([, value]) => value !== null && value !== false);
  return stringify(Object.fromEntries(given));
}
