import { toNumber, toNumbers } from '../argumentValues';
import type { FindingParts, Rule } from './rule';
import { removeFieldFix, removeFix, setFix } from './rule';

const SIZES = 'cudagraph-capture-sizes';
const LARGEST = 'max-cudagraph-capture-size';
const COMPILATION = 'compilation-config';

const sizesTwice: Rule = {
  code: 'cudagraph-mutual',
  check(facts): FindingParts | null {
    const inner = facts.read.object(COMPILATION)?.['cudagraph_capture_sizes'];
    if (!facts.read.has(SIZES) || inner === undefined || inner === null) return null;
    return {
      keys: [SIZES, COMPILATION],
      message: 'The capture sizes are given both here and in compilation-config.',
      vllmMessage: 'cudagraph_capture_sizes and compilation_config.cudagraph_capture_sizes are mutually exclusive',
      fixes: [removeFix(SIZES), removeFieldFix(facts, COMPILATION, 'cudagraph_capture_sizes')],
    };
  },
};

const largestDiffers: Rule = {
  code: 'cudagraph-max',
  check(facts): FindingParts | null {
    const inner = facts.read.object(COMPILATION);
    const sizes = facts.read.numbers(SIZES) ?? toNumbers(inner?.['cudagraph_capture_sizes']);
    const stated = facts.read.number(LARGEST) ?? toNumber(inner?.['max_cudagraph_capture_size']);
    if (sizes === null || stated === null) return null;
    const largest = Math.max(...sizes);
    if (largest === stated) return null;
    return {
      keys: [LARGEST, SIZES, COMPILATION],
      message: `The largest of the capture sizes is ${largest}, not ${stated}.`,
      vllmMessage: `customized max_cudagraph_capture_size(${stated}) should be consistent with the max value of cudagraph_capture_sizes(${largest})`,
      fixes: facts.read.has(LARGEST) ? [removeFix(LARGEST, { preferred: true }), setFix(LARGEST, largest)] : [],
    };
  },
};

export const CUDA_GRAPHS: readonly Rule[] = [sizesTwice, largestDiffers];
