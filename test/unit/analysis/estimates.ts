import { analyze } from '../../../src/analysis/analyze';
import type { Analysis } from '../../../src/analysis/analysis';
import { resolveGpu } from '../../../src/analysis/gpu';
import type { GpuCandidate } from '../../../src/analysis/gpu';
import { readVllmYaml } from '../../../src/deployments/vllmYaml';
import { loadCatalogue } from '../../../src/models/catalogueFile';
import { guessFromName } from '../../../src/models/sizeGuess';
import { NEWEST_VERSION } from '../../../src/vllm/versions';

/** The analysis of a file's text with the catalogue's models and, if given, one more GPU candidate. */
export async function analysisOf(text: string, gpu?: Partial<GpuCandidate>): Promise<Analysis> {
  const catalogue = await loadCatalogue();
  const deployment = readVllmYaml(text);
  const model = deployment.args.get('model');
  const facts = typeof model === 'string' ? (catalogue.find(model) ?? guessFromName(model)) : null;
  const candidates = [
    ...deployment.gpuHints,
    ...(gpu ? [{ name: null, count: null, totalMemoryGib: null, source: 'setting' as const, ...gpu }] : []),
  ];
  return analyze({
    deployment,
    facts,
    modelProblem: facts ? null : { message: 'No source knows this model.' },
    gpu: resolveGpu(candidates, deployment.args),
    version: deployment.vllmVersion ?? NEWEST_VERSION,
    text,
  });
}
