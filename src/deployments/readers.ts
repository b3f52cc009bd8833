import { resolveArgumentName } from '../vllm/argumentTable';
import { NEWEST_VERSION } from '../vllm/versions';
import type { Deployment } from './deployment';
import { couldBeVllm, looksLikeVllm } from './detect';
import { finish } from './steps';
import { readVllmYaml, readVllmYamlSteps } from './vllmYaml';
import type { YamlReader } from './yaml/reader';

/**
 * `readDeployments` in steps, for who must not be held up by a long file.
 * @param yaml who read earlier versions of it.
 */
export function* readDeploymentsSteps(
  path: string,
  text: string,
  version: string = NEWEST_VERSION,
  yaml?: YamlReader,
): Generator<void, readonly Deployment[]> {
  return looksLikeVllm(path, text) ? [yield* readVllmYamlSteps(text, version, yaml)] : [];
}

/**
 * The vLLM engines that a file configures, in order; none when it is not about vLLM.
 * @param path relative to the workspace folder.
 * @param version vLLM release whose argument names count where the file names none.
 */
export function readDeployments(path: string, text: string, version: string = NEWEST_VERSION): readonly Deployment[] {
  return finish(readDeploymentsSteps(path, text, version));
}

/** As `readDeployments`, for a file that a person called a vLLM configuration: the benefit of the doubt is its own. */
export function readNamedFile(path: string, text: string, version: string = NEWEST_VERSION): readonly Deployment[] {
  const isKnown = (name: string): boolean => resolveArgumentName(name, version).kind === 'known';
  return couldBeVllm(path, text, isKnown) ? [readVllmYaml(text, version)] : [];
}
