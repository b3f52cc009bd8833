import { text } from 'node:stream/consumers';
import { version } from '../../package.json';
import { answerRest } from '../estimator/contracts/rest';
import { loadCatalogue } from '../models/catalogueFile';
import { EXIT, openInput, parseOptions, unreadable, UsageError } from './command';
import type { Command, Terminal } from './command';
import { requestModels } from './requests';

/** `rest METHOD PATH [FILE|-]`. */
export const restCommand: Command = {
  name: 'rest',
  summary: 'What the small REST calculator answers, without a server',
  help: [
    'usage: vllm-vram rest METHOD PATH [FILE|-]',
    '',
    'Prints the body with which the REST calculator answers METHOD PATH; that of a POST is read as JSON from FILE or standard input.',
    'Paths: health, models, models/NAME, options (GET); memory/inference, memory/training, memory/compare (POST).',
    '',
    'Exit code: 0 for an answer, 2 for an error (400, 404, 405 or 500), whose body is {"error": ...}.',
    '',
    'example: echo \'{"model_name": "Qwen3-8B", "batch_size": 1, "sequence_length": 4096}\' | vllm-vram rest POST memory/inference',
  ].join('\n'),
  run: async (args, terminal) => {
    const { positionals } = parseOptions(args, {});
    const [method, place, source = '-', ...more] = positionals;
    if (method === undefined || place === undefined || more.length > 0)
      throw new UsageError(`rest takes a method, a path and for a POST one file, not ${positionals.length} words.`);
    const body = method.toUpperCase() === 'POST' ? await textOf(source, terminal) : '';
    const catalogue = await loadCatalogue();
    const answer = answerRest({ method, path: place, body }, { models: requestModels(catalogue), ids: catalogue.ids(), version });
    await terminal.write(`${JSON.stringify(answer.body, null, 2)}\n`);
    return answer.status === 200 ? EXIT.ok : EXIT.unusable;
  },
};

async function textOf(source: string, terminal: Terminal): Promise<string> {
  try {
    return await text(openInput(source, terminal));
  } catch (error) {
    throw unreadable(source, error);
  }
}
