import { listModels } from '../estimator/contracts/lists';
import { loadCatalogue } from '../models/catalogueFile';
import { EXIT, parseOptions } from './command';
import type { Command } from './command';

/** `llms [WORDS...]`. */
export const llmsCommand: Command = {
  name: 'llms',
  summary: 'The models that are known, as JSON',
  help: [
    'usage: vllm-vram llms [WORD...]',
    '',
    'Prints the model catalogue as a JSON list of {key, name}; with words, the models whose id contains all of them, with their facts:',
    'parameters, architecture, checkpoint format, and where they come from.',
  ].join('\n'),
  run: async (args, terminal) => {
    const { positionals } = parseOptions(args, {});
    const catalogue = await loadCatalogue();
    const found = positionals.length === 0 ? catalogue.ids() : catalogue.search(positionals.join(' '), catalogue.ids().length);
    const listed = listModels(found);
    const shown = positionals.length === 0 ? listed : listed.map((entry) => ({ ...entry, facts: catalogue.find(entry.key) }));
    await terminal.write(`${JSON.stringify(shown, null, 2)}\n`);
    return EXIT.ok;
  },
};
