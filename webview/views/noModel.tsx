import type { ComponentChildren, VNode } from 'preact';
import type { ModelEntry, Planner } from '../planner';
import { Button, Progress } from '../ui/toolkit';

interface NoModelProps {
  readonly planner: Planner;
  /** The model that the question is about; null when it names none. */
  readonly model: ModelEntry | null;
  /** What can be done about it here. */
  readonly children?: ComponentChildren;
}

/** Stands where an answer would be, as long as nothing is known of the model: on its way, or what is wrong and the way out. */
export function NoModel({ planner, model, children }: NoModelProps): VNode {
  const followed = planner.host?.followed ?? null;
  if (model?.state === 'loading') return <Progress text={model.message} onCancel={model.cancel} />;
  // The panel says beside its field what is wrong with what the form names.
  if (!followed || (model && planner.place === 'panel')) return <>{children}</>;
  return (
    <div class="verdict unknown" role="status">
      <span class="sign" aria-hidden="true">
        ?
      </span>
      <div>
        <strong>The model is unknown</strong>
        <div class="detail">{followed.modelProblem ?? 'The file names no model.'}</div>
        {children}
        {followed.modelName === null ? null : <Button onPress={() => planner.command('fetchModel')}>Fetch model facts</Button>}
      </div>
    </div>
  );
}

/** The ways out that the full planner has. */
export const CHOOSE_MODEL = 'Choose a model, or any model of a given size.';
