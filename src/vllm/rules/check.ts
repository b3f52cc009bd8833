import type { Finding } from '../findings';
import { ATTENTION } from './attention';
import { isRuleIn } from './catalogue';
import { CONTEXT_PARALLELISM } from './contextParallelism';
import { CUDA_GRAPHS } from './cudaGraphs';
import { EXPERTS } from './experts';
import { HYBRID } from './hybrid';
import { KV_CACHE } from './kvCache';
import { LENGTHS } from './lengths';
import { LORA } from './lora';
import { NUMBER_FORMATS } from './numberFormats';
import { OFFLOAD } from './offload';
import { PARALLELISM } from './parallelism';
import { PLATFORM } from './platform';
import { QUANTIZATION } from './quantization';
import { makeFinding, RuleFacts } from './rule';
import type { Rule, RuleContext } from './rule';
import { SPECULATIVE } from './speculative';

/** Every rule that the arguments, the model and the GPU decide. The file's own traps and the start-up's outcome are decided elsewhere. */
export const ARGUMENT_RULES: readonly Rule[] = [
  ...PARALLELISM,
  ...CONTEXT_PARALLELISM,
  ...EXPERTS,
  ...QUANTIZATION,
  ...NUMBER_FORMATS,
  ...LENGTHS,
  ...ATTENTION,
  ...KV_CACHE,
  ...OFFLOAD,
  ...LORA,
  ...SPECULATIVE,
  ...CUDA_GRAPHS,
  ...HYBRID,
  ...PLATFORM,
];

/** What this release of vLLM would refuse, ignore or warn about before it measures memory. Never throws on odd values. */
export function checkRules(context: RuleContext): readonly Finding[] {
  const facts = new RuleFacts(context);
  return ARGUMENT_RULES.flatMap(({ code, check }) => {
    if (!isRuleIn(code, context.version)) return [];
    const parts = check(facts);
    return parts ? [makeFinding(code, context.args, parts)] : [];
  });
}
