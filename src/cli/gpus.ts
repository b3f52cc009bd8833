import { listGpus } from '../estimator/contracts/lists';
import { findGpu, GPUS, nearestGpus } from '../estimator/hardware/catalogue';
import { whyNoGpu } from '../estimator/hardware/gpuRemarks';
import { EXIT, UsageError, parseOptions } from './command';
import type { Command } from './command';

/** `gpus [NAME]`. */
export const gpusCommand: Command = {
  name: 'gpus',
  summary: 'The GPUs that are known, as JSON',
  help: [
    'usage: vllm-vram gpus [NAME]',
    '',
    'Prints the GPU catalogue as a JSON list of {key, label, memory, facts}; with NAME, the one GPU that a key or a name as nvidia-smi,',
    'torch or Kubernetes print it means. memory is the marketing size in GB, facts.totalMemoryGib what torch reports.',
  ].join('\n'),
  run: async (args, terminal) => {
    const { positionals } = parseOptions(args, {});
    const name = positionals.join(' ');
    const gpu = name === '' ? null : findGpu(name);
    if (name !== '' && gpu === null) {
      const near = nearestGpus(name, 3).map(({ key }) => key);
      const why = whyNoGpu(name);
      const hint = near.length > 0 ? ` The nearest: ${near.join(', ')}.` : '';
      throw new UsageError(`No GPU is called "${name}"${why === null ? '' : `: ${why}`}.${hint}`);
    }
    const shown = gpu === null ? listGpus(GPUS) : listGpus([gpu])[0];
    await terminal.write(`${JSON.stringify(shown, null, 2)}\n`);
    return EXIT.ok;
  },
};
