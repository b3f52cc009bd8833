import { formatCount, formatGib, formatPercent, formatRequests, formatRough } from '../../src/estimator/figures';
import { between } from '../../src/estimator/ranged';
import { engineName } from '../../src/estimator/speed/engines';
import { GIB } from '../../src/estimator/units';
import type { ServingAnswer } from '../../src/analysis/plan';
import type { ModelFacts } from '../../src/models/source';
import type { FindingMessage } from '../../src/protocol/messages';
import { SIZED } from '../../src/analysis/customModel';
import type { InferenceForm } from '../../src/analysis/scenario';
import { capitalized, startWords } from '../../src/report/words';
import { INFERENCE_FIELDS } from '../fields/inference';
import { problemInLabels } from '../fields/said';
import { OUTCOME_WORDS, type Verdict } from '../words';

/**
 * What vLLM would say, and whether it holds the load; never sure of a model that is only guessed from its name.
 * @param findings on the arguments: what has memory enough may still be refused.
 */
export function servingVerdict(
  answer: ServingAnswer,
  form: InferenceForm,
  facts: ModelFacts | null,
  findings: readonly FindingMessage[] = [],
): Verdict {
  // Of a model by its size nobody expects more.
  const guessed = facts?.confidence === 'guessed' && form.llm_key !== SIZED;
  const verdict = form.engine === 'vllm' ? startVerdict(answer, guessed) : genericVerdict(answer, guessed);
  const error = findings.find(({ severity }) => severity === 'error');
  const problem = answer.response?.problems?.[0];
  const refusal = error?.message ?? (problem && problemInLabels(problem, INFERENCE_FIELDS));
  if (refusal !== undefined && verdict.mood !== 'bad') {
    const otherwise = verdict.mood === 'unknown' ? '' : ` But for that: ${verdict.headline}`;
    return { mood: 'bad', headline: `${engineName(form.engine)} would not start`, detail: `${refusal}${otherwise}` };
  }
  if (!guessed || verdict.mood === 'unknown') return verdict;
  return { ...verdict, detail: [verdict.detail, 'The model is guessed from its name.'].filter(Boolean).join(' ') };
}

function startVerdict(answer: ServingAnswer, guessed: boolean): Verdict {
  const { report } = answer;
  const { outcome, kvCache, perGpu, settings } = report;
  const sure = report.certainty === 'certain' && !guessed;
  const length = settings.maxModelLen ?? 0;
  if (outcome === null)
    return {
      mood: 'unknown',
      headline: 'Choose a GPU to see whether it fits',
      detail: `Weights take ${formatGib(perGpu.weights.value)} per GPU.`,
    };
  if (outcome !== 'ok') {
    const need = kvCache.neededForMaxModelLen;
    const has = perGpu.kvCache?.value ?? null;
    const short =
      outcome === 'oom_load' && perGpu.total !== null
        ? `The weights take ${formatGib(perGpu.weights.value)} per GPU, of ${formatGib(perGpu.total)}.`
        : has !== null && need !== null && has < need
          ? `One request of ${formatCount(length)} tokens needs ${formatGib(need)} of KV cache; ${formatGib(Math.max(0, has))} is left.`
          : '';
    return {
      mood: sure ? 'bad' : 'unsure',
      headline: sure ? OUTCOME_WORDS[outcome] : `${capitalized(startWords(false, false))}: ${inSentence(OUTCOME_WORDS[outcome])}`,
      detail: short,
    };
  }
  const concurrency = kvCache.maxConcurrency?.value ?? null;
  const fit = concurrency === null ? '' : ` · ${formatRequests(concurrency)} requests of ${formatCount(length)} tokens`;
  const starts = capitalized(startWords(true, sure));
  if (answer.holdsLoad === false)
    return {
      mood: 'unsure',
      headline: `${starts}, but not all ${formatCount(answer.requests)} requests fit at once${fit}`,
      detail: `Together they need ${formatGib(answer.kvForLoad ?? 0)} of KV cache per GPU at full length; the rest waits.`,
    };
  return { mood: sure ? 'good' : 'unsure', headline: `${starts}${fit}`, detail: '' };
}

/** The words after a colon; abbreviations keep their capitals. */
function inSentence(words: string): string {
  return words.replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase());
}

/** What an engine needs that has no start-up of its own to simulate. */
function genericVerdict({ response, requests }: ServingAnswer, guessed: boolean): Verdict {
  if (!response) return { mood: 'unknown', headline: 'Choose a GPU to see whether it fits', detail: '' };
  const [low, high] = response.range.vram_usage;
  const { value, spelledRange } = formatRough(between(low * GIB, response.vram_usage * GIB, high * GIB), formatGib);
  const detail = `${value} per GPU, ${spelledRange}: ${formatPercent(response.actual_vram_percentage / 100)} of the card.`;
  const capacity = response.vram_usage / (response.actual_vram_percentage / 100);
  const load = `${formatCount(requests)} ${requests === 1 ? 'request' : 'requests'}`;
  if (low > capacity && !guessed) return { mood: 'bad', headline: `Does not fit with ${load}`, detail };
  if (high <= capacity && !guessed) return { mood: 'good', headline: `Fits with ${load}`, detail };
  return {
    mood: 'unsure',
    headline: response.vram_usage <= capacity ? `Probably fits with ${load}` : `Probably does not fit with ${load}`,
    detail,
  };
}
