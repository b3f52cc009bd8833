/** The words of YAML: what the scanner makes of characters. Offsets are UTF-16 units of the text. */
interface Span {
  readonly start: number;
  readonly end: number;
}

export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded';

export interface ScalarToken extends Span {
  readonly kind: 'scalar';
  readonly value: string;
  readonly style: ScalarStyle;
}

export interface NameToken extends Span {
  readonly kind: 'alias' | 'anchor';
  readonly name: string;
}

export interface TagToken extends Span {
  readonly kind: 'tag';
  /** `!`, `!!` or `!name!`; null of one written in full, `!<…>`, and of a lone `!`. */
  readonly handle: string | null;
  readonly suffix: string;
}

export interface DirectiveToken extends Span {
  readonly kind: 'directive';
  readonly name: string;
  /** Version of `%YAML`, handle and prefix of `%TAG`; empty of others. */
  readonly value: readonly string[];
}

/** What stands for itself. Starts and ends of blocks have no characters. */
export interface Mark extends Span {
  readonly kind:
    | 'stream-end'
    | 'document-start'
    | 'document-end'
    | 'block-sequence-start'
    | 'block-mapping-start'
    | 'block-end'
    | 'flow-sequence-start'
    | 'flow-sequence-end'
    | 'flow-mapping-start'
    | 'flow-mapping-end'
    | 'block-entry'
    | 'flow-entry'
    | 'key'
    | 'value';
}

export type Token = ScalarToken | NameToken | TagToken | DirectiveToken | Mark;

/** PyYAML's names of tokens, as its messages have them. */
export const TOKEN_NAMES: Readonly<Record<Token['kind'], string>> = {
  'stream-end': '<stream end>',
  'document-start': '<document start>',
  'document-end': '<document end>',
  'block-sequence-start': '<block sequence start>',
  'block-mapping-start': '<block mapping start>',
  'block-end': '<block end>',
  'flow-sequence-start': '[',
  'flow-sequence-end': ']',
  'flow-mapping-start': '{',
  'flow-mapping-end': '}',
  'block-entry': '-',
  'flow-entry': ',',
  key: '?',
  value: ':',
  alias: '<alias>',
  anchor: '<anchor>',
  tag: '<tag>',
  scalar: '<scalar>',
  directive: '<directive>',
};
