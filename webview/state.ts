import type { FinetuningForm } from '../src/analysis/finetuningScenario';
import type { InferenceForm } from '../src/analysis/scenario';
import { parseFormValues, parseLink, parseSaved, type DeploymentLink, type FormValues, type SavedScenario } from '../src/protocol/messages';

export type TabId = 'inference' | 'finetuning' | 'compare';

/** Columns of the GPU table that it can be sorted by. */
export type SortKey = 'size' | 'left' | 'speed' | 'power';

/**
 * What the page remembers by itself: what the person typed and opened, never what the extension or the engine told it.
 * Saved with `setState`, so it outlives hiding, moving, reloading and, through the serializer, a restart of the window.
 */
export interface PageState {
  readonly tab: TabId;
  /** Sections that were unfolded. */
  readonly open: readonly string[];
  readonly link: DeploymentLink | null;
  /** Fields in which the form differs from the file, or from the defaults when there is no file. */
  readonly inference: Partial<InferenceForm>;
  readonly finetuning: Partial<FinetuningForm>;
  readonly pins: readonly SavedScenario[];
  /** The scenario of serving that the form started from, in place of the file. */
  readonly opened: SavedScenario | null;
  readonly sort: SortKey;
}

/** Raise when the meaning of a field changes; older states are then dropped. */
const STATE_VERSION = 1;

export const MAX_PINS = 6;

export const INITIAL_STATE: PageState = {
  tab: 'inference',
  open: [],
  link: null,
  inference: {},
  finetuning: {},
  pins: [],
  opened: null,
  sort: 'size',
};

/** The remembered state, field by field; what is missing or malformed takes its initial value. */
export function restoreState(saved: unknown): PageState {
  if (typeof saved !== 'object' || saved === null || !('version' in saved) || saved.version !== STATE_VERSION) return INITIAL_STATE;
  const state = saved as Readonly<Record<string, unknown>>;
  return {
    tab: oneOf(state['tab'], ['inference', 'finetuning', 'compare']) ?? INITIAL_STATE.tab,
    open: list(state['open']).filter((name): name is string => typeof name === 'string'),
    link: parseLink(state['link']),
    inference: values(state['inference']),
    finetuning: values(state['finetuning']),
    pins: list(state['pins'])
      .map(parseSaved)
      .filter((pin) => pin !== null)
      .slice(0, MAX_PINS),
    opened: parseSaved(state['opened']),
    sort: oneOf(state['sort'], ['size', 'left', 'speed', 'power']) ?? INITIAL_STATE.sort,
  };
}

/** The state as `setState` should keep it. */
export function savedState(state: PageState): object {
  return { version: STATE_VERSION, ...state };
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function values(value: unknown): FormValues {
  return parseFormValues(value) ?? {};
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[]): T | null {
  return allowed.find((candidate) => candidate === value) ?? null;
}
