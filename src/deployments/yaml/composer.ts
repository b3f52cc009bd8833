/**
 * Makes nodes of the tokens of the `yaml` package, and refuses what PyYAML 6.0 refuses, with which vLLM reads its file
 * (`vllm/utils/argparse_utils.py`, `yaml.safe_load`). The package splits any text into tokens and leaves it to its caller what to make of
 * wrong ones; its own composer follows YAML 1.2, and takes a document in one go.
 */
import { CST } from 'yaml';
import { closing, Refuser } from './mistakes';
import { defaultHandles, nameOf, readDirective, tagOf, type Handles } from './names';
import type { Mapping, Node, Pair, Scalar, Sequence, Tag } from './nodes';
import { refuse, shown, YamlRefused, type Refusal } from './refusal';
import { readTokens } from './tokens';

/** What a text holds. */
export interface YamlText {
  /** The roots of its documents: one, unless it holds nothing or too much. What stands before the first mistake is there. */
  readonly roots: readonly Node[];
  /** Why PyYAML does not come to the end of it; null when it does. */
  readonly refusal: Refusal | null;
  /** Something has a name, by which what follows may mean it. */
  readonly hasAnchors: boolean;
}

/** Nodes between two pauses: less than a millisecond. */
const STEP = 100;

/** A key without `?` is on one line and not longer than this, so that its `:` is looked for no further. */
const LONGEST_KEY = 1024;

/** Stands for a byte order mark inside a text, which is text to PyYAML. PyYAML reads no text that holds this character itself. */
const INNER_MARK = '\ufffe';

/** Reads a text in steps; never throws. Pauses every few tokens, so that whoever drives it can let others run. */
export function readYamlSteps(text: string): Generator<void, YamlText> {
  return readPlainSteps(plainOf(text));
}

/** A text as the package counts columns and lines, of which it knows fewer breaks. Every character keeps its place. */
export function plainOf(text: string): string {
  return text.replace(/^\ufeff|\r(?!\n)|[\x85\u2028\u2029]/g, '\n').replaceAll('\ufeff', INNER_MARK);
}

/** As `readYamlSteps`, of what `plainOf` gives. */
export function* readPlainSteps(plain: string): Generator<void, YamlText> {
  const composer = new Composer(plain);
  const { roots } = composer;
  try {
    for (const token of yield* readTokens(plain)) yield* composer.next(token);
    composer.refuseDirectives(plain.length);
    return { roots, refusal: composer.several, hasAnchors: composer.hasAnchors };
  } catch (error) {
    if (!(error instanceof YamlRefused)) throw error;
    return { roots, refusal: composer.several ?? error.refusal, hasAnchors: composer.hasAnchors };
  }
}

const NO_STEPS: readonly never[] = [];
const STYLES = { alias: 'plain', scalar: 'plain', 'single-quoted-scalar': 'single', 'double-quoted-scalar': 'double' } as const;

type Flow = CST.FlowCollection | null;

/** What stands before a node. */
interface Properties {
  anchor: string | null;
  tag: Tag | null;
  /** Where the first of the two begins. */
  start: number | null;
  hasSign: boolean;
  /** Where a comma stands before all. */
  comma: number | null;
  /** Nothing but blanks stands between a line break and the node. */
  endsLine: boolean;
}

class Composer extends Refuser {
  /** A second document begins, which `safe_load` refuses. */
  several: Refusal | null = null;
  hasAnchors = false;
  private documents = 0;
  private nodes = 0;
  private anchors = new Map<string, Node>();
  private handles: Handles = defaultHandles();
  /** Those that stand before the next document. */
  private directives = 0;
  private hasVersion = false;

  /** Reads a token of the stream. @throws YamlRefused */
  *next(token: CST.Token): Generator<void, void> {
    switch (token.type) {
      case 'document':
        return yield* this.document(token);
      case 'directive':
        readDirective(token, this.handles, this.text);
        if (/^%YAML\s/.test(token.source)) this.refuseSecondVersion(token);
        this.directives++;
        return;
      case 'doc-end':
        this.isInside = false;
        return this.behind(token.end, null);
      case 'space':
      case 'comment':
      case 'newline':
        return this.behind([token], null);
      default:
        if (this.documents === 0) this.noContent(token.offset);
        this.misplaced(token.offset, null);
    }
  }

  /** Only a document that says where it begins may have directives. @param at where something else stands than its beginning. */
  refuseDirectives(at: number): void {
    if (this.directives === 0) return;
    refuse('left-over', `expected '<document start>', but found '${this.found(at, false)}'`, at);
  }

  private refuseSecondVersion({ offset, source }: CST.Directive): void {
    if (this.hasVersion) refuse('directive', 'found duplicate YAML directive', offset, offset + source.length, offset);
    this.hasVersion = true;
  }

  private *document({ offset, start, value, end }: CST.Document): Generator<void, void> {
    const mark = start.find(({ type }) => type === 'doc-start');
    this.isInside = false;
    if (!mark) this.refuseDirectives(this.after(offset));
    if (!mark && this.documents > 0) this.misplaced(this.after(offset), null);
    this.isInside = true;
    this.documents++;
    this.anchors = new Map();
    if (mark && this.documents > 1 && this.several === null) {
      const range = { start: offset, end: offset + mark.source.length };
      this.several = { code: 'documents', said: 'but found another document', range, since: null };
    }
    const properties = this.properties(start, 'doc-start', null);
    if (!mark && !value && properties.start === null) this.noContent(this.after(offset));
    if (mark && !properties.endsLine) this.refuseBlock(value);
    yield* this.node(value, properties, null, (node) => this.roots.push(node));
    this.behind(end, null);
    this.handles = defaultHandles();
    this.directives = 0;
    this.hasVersion = false;
  }

  /** Reads a node and hands it over. A collection is handed over at its beginning, and filled by the steps that are left. */
  private node(token: CST.Token | null | undefined, properties: Properties, flow: Flow, deliver: (node: Node) => void): Iterable<void> {
    switch (token?.type) {
      case undefined:
        this.anchored(this.nothing(properties, flow), deliver);
        return NO_STEPS;
      case 'alias':
        deliver(this.alias(token, properties, flow));
        this.behind(token.end, flow);
        return NO_STEPS;
      case 'scalar':
      case 'single-quoted-scalar':
      case 'double-quoted-scalar':
        this.anchored(this.flowScalar(token, properties, flow), deliver);
        this.behind(token.end, flow);
        return NO_STEPS;
      case 'block-scalar':
        this.anchored(this.blockScalar(token, properties), deliver);
        return NO_STEPS;
      case 'block-map':
        return this.mapping(token, this.anchored(mapping(startOf(token.items[0]) ?? token.offset, false, properties), deliver));
      case 'block-seq':
        if (properties.start !== null && !properties.endsLine) this.refuseBlock(token);
        return this.sequence(token, this.anchored(sequence(token.offset, false, properties), deliver));
      case 'flow-collection': {
        const { offset, start } = token;
        const collection = start.source === '{' ? mapping(offset, true, properties) : sequence(offset, true, properties);
        return this.flow(token, this.anchored(collection, deliver));
      }
      default:
        this.noEntryAllowed(token?.offset ?? this.end);
    }
  }

  private anchored<N extends Node>(node: N, deliver: (node: Node) => void): N {
    if (node.anchor !== null) this.anchors.set(node.anchor, node);
    deliver(node);
    return node;
  }

  private *mapping({ items }: CST.BlockMap, node: Mapping): Generator<void, void> {
    for (const item of items) {
      const { key, sep } = item;
      const before = this.properties(item.start, 'explicit-key-ind', null);
      const start = startOf(item);
      if (start === null) continue;
      const isOutside = this.column(start) !== this.column(node.start);
      if (isOutside || key?.type === 'block-seq' || key?.type === 'error') this.misplaced(start, null);
      const isFirst = node.pairs.length === 0;
      if (!before.hasSign) {
        this.refuseStray(item);
        const colon = colonOf(item);
        if (!sep || colon === null) this.noColon(start);
        const isColonAlone = !key && before.start === null;
        if (isColonAlone && isFirst) refuse('left-over', "expected <block end>, but found ':'", colon);
        if (isColonAlone) this.misplaced(colon, null);
        if (!this.isKey(start, colon) && isFirst) this.noColonAllowed(colon, start);
        if (!this.isKey(start, colon)) this.noColon(start, colon);
      }
      yield* this.pair(item, before, null, node.pairs);
      node.end = this.end;
    }
  }

  /** A key without `?` has its colon on the line on which it begins. */
  private isKey(start: number, colon: number): boolean {
    return colon - start <= LONGEST_KEY && !this.text.slice(start, colon).includes('\n');
  }

  /** Reads a key and its value, and adds them when the value begins. */
  private *pair({ key, sep = [], value }: CST.CollectionItem, before: Properties, flow: Flow, pairs: Pair[]): Generator<void, void> {
    if (++this.nodes % STEP === 0) yield;
    let written: Node | undefined;
    yield* this.node(key, before, flow, (node) => (written = node));
    if (!written) return;
    const ofPair = written;
    const between = this.properties(sep, 'map-value-ind', flow);
    if (value && !between.hasSign) this.misplaced(value.offset, flow);
    if (flow === null && !before.hasSign && !between.endsLine) this.refuseBlock(value);
    yield* this.node(value, between, flow, (node) => pairs.push({ key: ofPair, value: node }));
  }

  private *sequence({ items }: CST.BlockSequence, node: Sequence): Generator<void, void> {
    for (const item of items) {
      const properties = this.properties(item.start, 'seq-item-ind', null);
      const start = startOf(item);
      if (start === null) continue;
      if (!properties.hasSign) this.misplaced(start, null);
      if (++this.nodes % STEP === 0) yield;
      yield* this.node(item.value, properties, null, (entry) => node.items.push(entry));
      node.end = this.end;
    }
  }

  private *flow(token: CST.FlowCollection, node: Sequence | Mapping): Generator<void, void> {
    this.end = token.offset + 1;
    let isFirst = true;
    for (const item of token.items) {
      if (++this.nodes % STEP === 0) yield;
      const { key, sep, value } = item;
      const before = this.properties(item.start, 'explicit-key-ind', token);
      if (before.comma !== null && isFirst) this.noContent(before.comma);
      const start = startOf(item);
      if (start === null) continue;
      if (before.comma === null && !isFirst) this.misplaced(start, token);
      isFirst = false;
      const colon = before.hasSign ? null : colonOf(item);
      if (colon !== null && !key && before.start === null) this.noContent(colon);
      if (colon !== null && !this.isKey(start, colon)) this.misplaced(colon, token);
      this.refuseInFlow(key, token);
      this.refuseInFlow(value, token);
      if (node.kind === 'mapping') yield* this.pair(item, before, token, node.pairs);
      else if (!sep && !before.hasSign) yield* this.node(value, before, token, (entry) => node.items.push(entry));
      else {
        const pair = mapping(start, true, { anchor: null, tag: null });
        node.items.push(pair);
        yield* this.pair(item, before, token, pair.pairs);
        pair.end = this.end;
      }
    }
    this.endFlow(token);
    node.end = this.end;
    this.behind(token.end.slice(1), null);
  }

  private endFlow(token: CST.FlowCollection): void {
    const [bracket] = token.end;
    const at = bracket?.offset ?? this.after(this.end);
    const isOpen = bracket?.source !== closing(token);
    if (isOpen && !'[{,:'.includes(this.text.charAt(this.end - 1))) this.misplaced(at, token);
    // At the end of the text, the bracket is what is wrong.
    if (isOpen && bracket) this.noContent(at);
    if (isOpen) refuse('comma', `expected the node content, but found '${this.found(at, true)}'`, at, at, token.offset);
    this.end = at + 1;
  }

  /** A block in brackets: what looks like one is a colon too many, or a dash that stands for itself. */
  private refuseInFlow(token: CST.Token | null | undefined, flow: CST.FlowCollection): void {
    if (token?.type === 'block-seq') this.noContent(token.offset);
    if (token?.type === 'block-map') this.misplaced(colonOf(token.items[0]) ?? token.offset, flow);
  }

  /** A block that begins where a value is expected on the line of its key. */
  private refuseBlock(token: CST.Token | null | undefined): void {
    if (token?.type === 'block-seq') this.noEntryAllowed(token.offset);
    if (token?.type !== 'block-map') return;
    const [first] = token.items;
    const mark = first?.start.find(({ type }) => type === 'explicit-key-ind');
    if (mark) refuse('inner-key', 'mapping keys are not allowed here', mark.offset);
    this.refuseStray(first);
    this.noColonAllowed(colonOf(first) ?? token.offset);
  }

  /** Something between a key and its colon. */
  private refuseStray(item: CST.CollectionItem | undefined): void {
    const stray = item?.sep?.find(isText);
    if (stray && stray.type !== 'map-value-ind') this.misplaced(stray.offset, null);
  }

  private nothing({ anchor, tag, start }: Properties, flow: Flow): Scalar {
    const { end } = this;
    const next = this.after(end);
    const isSame = !this.text.slice(end, next).includes('\n');
    if (flow === null && start === null && isSame && /[\]},]/.test(this.text.charAt(next))) this.noContent(next);
    return { kind: 'scalar', start: end, end, value: '', style: 'plain', anchor, tag };
  }

  private alias(token: CST.FlowScalar, { start }: Properties, flow: Flow): Node {
    const { offset, source } = token;
    const end = offset + source.length;
    const name = nameOf(token, this.text);
    if (start !== null) this.misplaced(offset, flow);
    const target = this.anchors.get(name);
    if (!target) refuse('undefined-alias', `found undefined alias '${name}'`, offset, end);
    this.end = end;
    return { kind: 'alias', name, target, start: offset, end, anchor: null, tag: null };
  }

  private flowScalar(token: CST.FlowScalar, { anchor, tag, start }: Properties, flow: Flow): Scalar {
    const { type, offset, source } = token;
    const style = STYLES[type];
    if (style === 'plain') this.checkPlain(token, start !== null, flow);
    else this.found(offset, false);
    // Not even quotes go on behind the end of a document.
    const mark = style === 'plain' ? null : /^(?:---|\.\.\.)(?!\S)/m.exec(source);
    if (mark) refuse('quote', 'found unexpected document separator', offset + mark.index, offset + mark.index + 3, offset);
    const isWhole = style === 'plain' && !source.includes('\n');
    const resolved = isWhole ? source : this.resolved(token);
    this.end = offset + source.length;
    const scalar: Scalar = {
      kind: 'scalar',
      start: offset,
      end: this.end,
      value: resolved.replaceAll(INNER_MARK, '\ufeff'),
      style,
      anchor,
      tag,
    };
    if (style !== 'plain') this.lastQuoted = scalar;
    return scalar;
  }

  /** The text of a scalar that is more than what is written. */
  private resolved(token: CST.FlowScalar): string {
    return CST.resolveAsScalar(token, false, (at, code) => {
      if (code !== 'BAD_DQ_ESCAPE') return;
      refuse('escape', `found unknown escape character ${shown(this.text, at + 1)}`, at, at + 2, token.offset);
    }).value;
  }

  private checkPlain({ offset, source }: CST.FlowScalar, hasProperties: boolean, flow: Flow): void {
    // The package puts nothing, where nothing is, as text.
    if (source === '') return;
    const found = this.found(offset, flow !== null);
    if (found === ',' && hasProperties) this.misplaced(offset, flow);
    if (found === ',' || (flow && found === ':')) this.noContent(offset);
    const wrong = source.search(flow ? /[\t?]/ : /\t/);
    if (wrong >= 0) this.misplaced(offset + wrong, flow);
  }

  private blockScalar(token: CST.BlockScalar, { anchor, tag }: Properties): Scalar {
    const { offset, props, source } = token;
    this.found(offset, false);
    const resolved = CST.resolveAsScalar(token, false, (at) => {
      // Its text ends before what is indented too little, tabs not being indentation.
      const start = this.lineStart(at);
      const tab = /^ *(?=\t)/.exec(this.text.slice(start));
      this.misplaced(tab ? start + tab[0].length : this.after(at), null);
    });
    const end = props.reduce((length, prop) => ('source' in prop ? length + prop.source.length : length), offset) + source.length;
    this.end = end;
    // The package ends the last line where the text does not.
    const isCut = end >= this.text.length && !source.endsWith('\n');
    const value = (isCut ? resolved.value.replace(/\n$/, '') : resolved.value).replaceAll(INNER_MARK, '\ufeff');
    const style = this.text.startsWith('>', offset) ? 'folded' : 'literal';
    return { kind: 'scalar', start: offset, end, value, style, anchor, tag };
  }

  /** Reads what stands before a node. */
  private properties(tokens: readonly CST.SourceToken[], sign: CST.SourceToken['type'], flow: Flow): Properties {
    const found: Properties = { anchor: null, tag: null, start: null, hasSign: false, comma: null, endsLine: false };
    for (const token of tokens) {
      const { type, offset, source } = token;
      if (!isText(token) && type !== 'comma') {
        this.behind([token], flow);
        found.endsLine ||= type === 'newline';
        continue;
      }
      if (type === 'comma') {
        if (found.comma !== null) this.noContent(offset);
        found.comma = offset;
      } else if (type === sign && found.start === null) {
        if (found.hasSign && flow) this.noContent(offset);
        found.hasSign = true;
      } else if (type === 'anchor' && found.anchor === null) {
        found.anchor = nameOf(token, this.text);
        this.hasAnchors = true;
        found.start ??= offset;
      } else if (type === 'tag' && found.tag === null) {
        found.tag = tagOf(token, this.handles, this.text, found.start ?? offset);
        found.start ??= offset;
      } else this.misplaced(offset, flow);
      found.endsLine = false;
      this.end = offset + source.length;
    }
    const { anchor, start } = found;
    if (anchor !== null && start !== null && this.anchors.has(anchor))
      refuse('duplicate-anchor', `found duplicate anchor '${anchor}'`, start, this.end);
    return found;
  }

  /** Refuses what is more than blanks and comments. */
  private behind(tokens: readonly CST.SourceToken[] | undefined, flow: Flow): void {
    for (const token of tokens ?? []) {
      const tab = token.type === 'space' ? token.source.indexOf('\t') : -1;
      if (tab >= 0) this.found(token.offset + tab, false);
      if (isText(token)) this.misplaced(token.offset, flow);
    }
  }
}

function mapping(start: number, isFlow: boolean, { anchor, tag }: Pick<Properties, 'anchor' | 'tag'>): Mapping {
  return { kind: 'mapping', start, end: start, isFlow, pairs: [], anchor, tag };
}

function sequence(start: number, isFlow: boolean, { anchor, tag }: Properties): Sequence {
  return { kind: 'sequence', start, end: start, isFlow, items: [], anchor, tag };
}

function isText({ type }: CST.SourceToken): boolean {
  return type !== 'space' && type !== 'newline' && type !== 'comment';
}

/** Where an entry begins, behind blanks and the comma before it; null when there is nothing but these. */
function startOf(item: CST.CollectionItem | undefined): number | null {
  const first = item?.start.find((token) => isText(token) && token.type !== 'comma') ?? item?.key ?? item?.sep?.find(isText) ?? item?.value;
  return first?.offset ?? null;
}

/** Where the colon of an entry stands. */
function colonOf(item: CST.CollectionItem | undefined): number | null {
  return item?.sep?.find(({ type }) => type === 'map-value-ind')?.offset ?? null;
}
