import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { answerFinetuning } from '../../../src/analysis/finetuningScenario';
import { inferenceRequestOf } from '../../../src/analysis/scenario';
import { estimateInference } from '../../../src/estimator/contracts/inferenceEstimate';
import { findGpu } from '../../../src/estimator/hardware/catalogue';
import { Catalogue } from '../../../src/models/catalogue';
import { FINETUNING_DEFAULTS, FINETUNING_FIELDS } from '../../../webview/fields/finetuning';
import { INFERENCE_DEFAULTS, INFERENCE_FIELDS } from '../../../webview/fields/inference';
import { inLabels, problemInLabels } from '../../../webview/fields/said';

describe('what an engine refuses, in the words of the form', () => {
  const { model } = Catalogue.parse(readFileSync('data/models.json', 'utf8')).find('meta-llama/Llama-3.1-8B-Instruct') ?? assert.fail();

  const serving = (gpuKey: string, changes: object): readonly string[] => {
    const gpu = findGpu(gpuKey) ?? assert.fail(gpuKey);
    const request = inferenceRequestOf({ ...INFERENCE_DEFAULTS, llm_key: 'm', gpu_key: gpuKey, ...changes });
    return (estimateInference(request, { model, gpu }).problems ?? []).map((problem) => problemInLabels(problem, INFERENCE_FIELDS));
  };

  const training = (changes: object): readonly string[] => {
    const gpu = findGpu('h100_80') ?? assert.fail();
    const answer = answerFinetuning({ ...FINETUNING_DEFAULTS, llm_key: 'm', gpu_key: 'h100_80', ...changes }, { model, gpu });
    const problems = answer.ok ? (answer.response.problems ?? []) : answer.problems;
    return problems.map((problem) => problemInLabels(problem, FINETUNING_FIELDS));
  };

  it('names the control, and the engine as its makers write it', () => {
    assert.deepEqual(serving('h100_80', { num_gpus: 3, engine: 'sglang' }), [
      "“GPUs” is 3; allowed: 1, 2, 4, 8, 16, 32, since SGLang cuts the model's 32 attention heads into equal parts; did you mean 2?",
    ]);
    assert.deepEqual(serving('mi300x', { engine: 'tensorrt_llm' }), [
      '“Engine” is TensorRT-LLM; allowed: an engine for cards of AMD: TensorRT-LLM runs on those of NVIDIA; did you mean vLLM?',
    ]);
  });

  it('names the other controls of the same sentence', () => {
    const sizes = training({ num_gpus: 2, tensor_parallel: 4 });
    assert.deepEqual(sizes, [
      '“GPUs” is 2; allowed: a multiple of “Tensor parallel” × “Pipeline parallel” × “Context parallel” = 4; did you mean 4?',
    ]);
    assert.deepEqual(training({ num_gpus: 4, context_parallel: 4, seq_length: 1001, framework: 'megatron' }), [
      '“Sequence length” is 1001; allowed: a multiple of 8, twice “Context parallel”, since Megatron gives each rank two chunks of every sequence; did you mean 1008?',
    ]);
    assert.equal(
      inLabels('num_samples is not given, so no_such_field is unknown.', FINETUNING_FIELDS),
      '“Samples” is not given, so no_such_field is unknown.',
    );
  });
});
