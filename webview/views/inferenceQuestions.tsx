import type { VNode } from 'preact';
import { SIZED } from '../../src/analysis/customModel';
import { formatShort } from '../../src/estimator/figures';
import { needsAnotherCheckpoint, type InferenceForm } from '../../src/analysis/scenario';
import type { ChoiceField, Field } from '../fields/field';
import { INFERENCE_FIELDS } from '../fields/inference';
import { problemsInLabels } from '../fields/said';
import type { HostState, Planner } from '../planner';
import { setupMessage, type Serving } from '../serving';
import { MAX_PINS } from '../state';
import { GpuChooser, ModelChooser } from './choosers';
import { fold } from './fold';
import { Form } from './form';
import { changeInference, departures, numbered } from './formTools';
import { TakeAway } from './takeaway';

export { Solve } from './solve';

interface QuestionsProps {
  readonly planner: Planner;
  readonly serving: Serving;
}

/** Every input of the serving tab. */
export function Questions({ planner, serving }: QuestionsProps): VNode {
  const { form } = serving;
  const change = (changes: Partial<InferenceForm>): void => changeInference(planner, serving, changes);
  const changed = new Set(Object.keys(departures(serving.fileForm, form)));
  return (
    <Form
      id="inference"
      fields={fieldsWith(planner.host, form)}
      form={form}
      changed={planner.host?.followed ? changed : new Set()}
      problems={problemsOf(serving, (planner.host?.followed ?? null) !== null)}
      open={planner.state.open}
      onChange={(name, value) => change({ [name]: value })}
      onFold={(section, open) => fold(planner, section, open)}
      lead={
        <>
          <ModelChooser
            id="inference-model"
            planner={planner}
            value={form.llm_key}
            onChoose={(llm_key) => change({ llm_key, ...(llm_key === SIZED ? {} : { quantization: 'checkpoint' }) })}
          />
          <GpuChooser id="inference-gpu" gpus={planner.host?.gpus ?? []} value={form.gpu_key} onChoose={(gpu_key) => change({ gpu_key })} />
        </>
      }
    />
  );
}

/** What one can do with the answer. */
export function Actions({ planner, serving }: QuestionsProps): VNode | null {
  const { form, answer, question, gpu, edits } = serving;
  if (!answer || !question) return null;
  const pin = (): void => {
    const name = `${form.llm_key === SIZED ? `${formatShort(form.custom_parameters)}B` : (form.llm_key.split('/').at(-1) ?? form.llm_key)} on ${gpu ? `${gpu.count} × ${gpu.gpu.label}` : 'any GPU'}`;
    const pins = [
      ...planner.state.pins,
      {
        name: numbered(name, planner),
        kind: 'inference' as const,
        values: { ...form },
        args: [...answer.args],
        environment: [...(question.environment ?? [])],
        gpu: setupMessage(gpu),
      },
    ];
    planner.change({ pins: pins.slice(0, MAX_PINS) });
    planner.say({ kind: 'done', text: `Pinned “${name}”: see Compare.` });
  };
  return (
    <TakeAway
      planner={planner}
      kind="inference"
      values={{ ...form }}
      args={answer.args}
      fileArgs={question.fileArgs}
      environment={[...(question.environment ?? [])]}
      gpu={setupMessage(gpu)}
      edits={edits}
      onPin={pin}
      canPin={planner.state.pins.length < MAX_PINS}
    />
  );
}

/** Values that are fine by themselves but not together or not for this engine. */
function problemsOf({ form, fileForm, answer }: Serving, hasFile: boolean): ReadonlyMap<string, string> {
  const problems = new Map<string, string>();
  if (hasFile && form.quantization !== fileForm.quantization && needsAnotherCheckpoint(form.quantization)) {
    problems.set('quantization', 'No argument makes this format: to write it into the file, choose a checkpoint that has it as the model.');
  }
  const { tensor_parallel_size: tensor, pipeline_parallel_size: pipeline, data_parallel_size: data } = form;
  if (form.inference_parallelism === 'custom' && tensor * pipeline * data !== form.num_gpus) {
    problems.set(
      'data_parallel_size',
      `${tensor} × ${pipeline} × ${data} is ${tensor * pipeline * data}, but there are ${form.num_gpus} GPUs.`,
    );
  }
  if (form.engine === 'vllm' && form.kv_cache_quantization.startsWith('int')) {
    problems.set('kv_cache_quantization', 'vLLM stores the KV cache in 16 bit or FP8. Choose one of these, or another engine.');
  }
  if (form.seq_length > 0 && form.output_length > form.seq_length)
    problems.set('output_length', 'The answer is longer than the context. Shorten it, or raise the context.');
  for (const [field, said] of problemsInLabels(answer?.response?.problems ?? [], INFERENCE_FIELDS)) problems.set(field, said);
  if (answer?.context === null)
    problems.set(
      'seq_length',
      'How long a request may be is not known: neither the arguments nor the model say. Enter it to plan with it.',
    );
  return problems;
}

function fieldsWith(host: HostState | null, form: InferenceForm): readonly Field<InferenceForm>[] {
  const links: ChoiceField<InferenceForm> = {
    name: 'interconnect_type',
    label: 'Interconnect',
    section: 'Parallelism',
    kind: 'choice',
    choices: [
      { value: '', label: 'The GPU’s own' },
      ...(host?.interconnects ?? []).map((key) => ({ value: key, label: key.replaceAll('_', ' ') })),
    ],
    when: ({ num_gpus }) => num_gpus > 1,
  };
  const versions: ChoiceField<InferenceForm> = {
    name: 'engine_version',
    label: 'vLLM version',
    section: 'Runtime',
    kind: 'choice',
    choices: [...new Set([form.engine_version, ...(host?.versions ?? [])])].map((value) => ({ value, label: value })),
    when: ({ engine }) => engine === 'vllm',
  };
  return [...INFERENCE_FIELDS, links, versions];
}
