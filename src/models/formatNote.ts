import type { CheckpointQuantization } from '../estimator/architecture';
import { bitsOfGgufType, USUAL_GGUF_TYPE, USUAL_GGUF_TYPES } from '../estimator/ggufTypes';
import { HOW_TO_NAME } from './ggufChoice';

const PREFIX = 'checkpoint format';

/** What is assumed of a checkpoint whose format only its name tells. */
export function formatNote(quantization: CheckpointQuantization): string {
  const { method, bits, groupSize, kvCacheScheme, ggufType } = quantization;
  if (method === 'gguf' && (ggufType === null || bitsOfGgufType(ggufType) === null)) {
    const { least, most } = USUAL_GGUF_TYPES;
    const type = ggufType === null ? 'of a type that it does not say' : `of a type whose size is not known (${ggufType})`;
    return `${PREFIX} by the name only: GGUF ${type}; ${USUAL_GGUF_TYPE} taken, usual are ${least} to ${most}. ${HOW_TO_NAME}`;
  }
  const group = groupSize !== null && groupSize > 0 ? `, groups of ${groupSize}` : '';
  const cache = kvCacheScheme === null ? '' : `, ${kvCacheScheme} KV cache as in this publisher's checkpoints`;
  return `${PREFIX} by the name only: ${ggufType ?? method}, ${bits} bit${group}${cache}`;
}

/** Whether an assumption is one of `formatNote`. */
export function isFormatNote(assumption: string): boolean {
  return assumption.startsWith(PREFIX);
}
