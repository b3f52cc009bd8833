import type { VNode } from 'preact';
import { SIZED } from '../../src/analysis/customModel';
import { formatShort } from '../../src/estimator/figures';
import { MODEL_SIZES } from '../fields/customModel';
import { WEIGHT_FORMATS } from '../fields/inference';
import type { Planner } from '../planner';
import type { Serving } from '../serving';
import type { SmallestGpu } from '../smallestGpu';
import { Slider, type SliderProps } from '../ui/slider';
import { Button } from '../ui/toolkit';
import { tokens } from '../words';
import { AnswerBar } from './memoryBar';
import { Need } from './need';
import { servingVerdict } from './servingVerdict';
import { VerdictView } from './verdict';

const CONTEXTS = [1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072];
/** Bits per weight, and the format that the field usually means by them. */
const BITS: readonly { readonly bits: number; readonly format: string }[] = [
  { bits: 4, format: 'awq' },
  { bits: 5, format: 'q5_k_m' },
  { bits: 8, format: 'fp8' },
  { bits: 16, format: 'bf16' },
];

interface NewcomerProps {
  readonly planner: Planner;
  readonly serving: Serving;
  readonly smallest: SmallestGpu;
}

/** Three sliders and one answer, for somebody who has no file and no names yet. */
export function NewcomerView({ planner, serving, smallest }: NewcomerProps): VNode {
  const { form, answer, question, gpu } = serving;
  const set = (changes: typeof planner.state.inference): void =>
    planner.change({
      inference: {
        ...planner.state.inference,
        llm_key: SIZED,
        quantization: form.llm_key === SIZED ? form.quantization : 'bf16',
        ...changes,
      },
    });
  const bits = BITS.find(({ format }) => format === form.quantization)?.bits ?? 16;
  return (
    <main class="side newcomer">
      <h1>What fits?</h1>
      <p class="quiet">Open a vLLM configuration to plan it here, or try a size.</p>
      <Asked
        id="quick-size"
        label="Model size"
        value={form.custom_parameters}
        stops={MODEL_SIZES}
        format={(value) => `${formatShort(value)} billion parameters`}
        onSlide={(custom_parameters) => set({ custom_parameters })}
      />
      <Asked
        id="quick-bits"
        label="Weights"
        value={bits}
        stops={BITS.map((choice) => choice.bits)}
        format={(value) => `${value} bit: ${formatName(value)}`}
        onSlide={(value) => set({ quantization: BITS.find((choice) => choice.bits === value)?.format ?? 'bf16' })}
      />
      <Asked
        id="quick-context"
        label="Context"
        value={form.seq_length}
        stops={CONTEXTS}
        format={(value) => `${tokens(value)} tokens`}
        onSlide={(seq_length) => set({ seq_length })}
      />
      {answer && form.llm_key === SIZED ? (
        <>
          {gpu && question ? (
            <>
              <VerdictView verdict={servingVerdict(answer, form, question.facts)} />
              <AnswerBar answer={answer} engine={form.engine} />
            </>
          ) : (
            <Need answer={answer} smallest={question && smallest.of(question)} engine={form.engine} />
          )}
        </>
      ) : (
        <p class="quiet">Move a slider.</p>
      )}
      <div class="actions">
        <Button onPress={() => planner.command('openPlanner')}>Open the full planner</Button>
        <Button onPress={() => planner.command('openDocument')}>Open as text</Button>
      </div>
    </main>
  );
}

function Asked(props: SliderProps): VNode {
  return (
    <div class="field">
      <label for={props.id}>
        {props.label}: <strong>{props.format(props.value)}</strong>
      </label>
      <Slider {...props} />
    </div>
  );
}

function formatName(bits: number): string {
  const format = BITS.find((choice) => choice.bits === bits)?.format;
  return WEIGHT_FORMATS.find((choice) => choice.value === format)?.label.replace(/ \(.*/, '') ?? '';
}
