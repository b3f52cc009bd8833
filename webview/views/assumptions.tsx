import type { VNode } from 'preact';
import type { Planner } from '../planner';
import { fold } from './fold';

interface AssumptionsProps {
  readonly planner: Planner;
  /** Section that the page remembers as open. */
  readonly section: string;
  readonly assumptions: readonly string[];
}

/** What an answer took for granted, folded. */
export function Assumptions({ planner, section, assumptions }: AssumptionsProps): VNode | null {
  if (assumptions.length === 0) return null;
  return (
    <details
      class="assumptions"
      open={planner.state.open.includes(section)}
      onToggle={(event) => fold(planner, section, event.currentTarget.open)}
    >
      <summary>Assumptions</summary>
      <ul>
        {assumptions.map((assumption) => (
          <li key={assumption}>{assumption}</li>
        ))}
      </ul>
    </details>
  );
}
