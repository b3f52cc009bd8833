import type { ArgumentValue } from './arguments';

export type Severity = 'error' | 'warning' | 'information' | 'hint';

/** One change that mends a finding: keys to set (or to remove, with `null` in `remove`). */
export interface Fix {
  /** Fixed wording with its effect ("Set max-model-len to 39168 (fits, 1.0 requests)"). */
  readonly title: string;
  readonly edits: Readonly<Record<string, ArgumentValue>>;
  readonly remove: readonly string[];
  /** Renames a key in place and keeps its value: written name -> new name. */
  readonly rename?: Readonly<Record<string, string>>;
  /** Takes out single arguments by the offset of their key, where a name would hit several. */
  readonly removeAt?: readonly number[];
  /** Replaces characters by their offsets, where what is wrong names no key. */
  readonly replace?: readonly { readonly start: number; readonly end: number; readonly text: string }[];
  /** Marked only when it is clearly the right one. */
  readonly preferred: boolean;
}

/** What vLLM would refuse, drop or warn about, structure first; words are made in `src/report`. */
export interface Finding {
  /** Stable code, the rule's id (`kv-too-small`). */
  readonly code: string;
  readonly severity: Severity;
  /** Canonical key to blame first; null when it belongs to the whole deployment. */
  readonly key: string | null;
  /** Other keys that take part. */
  readonly relatedKeys: readonly string[];
  /** Plain words, one or two sentences, with the figures. */
  readonly message: string;
  /** vLLM's own message with the figures filled in; null when vLLM says nothing. */
  readonly vllmMessage: string | null;
  readonly fixes: readonly Fix[];
}
