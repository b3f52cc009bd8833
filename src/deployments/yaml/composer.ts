/** Makes nodes of tokens as PyYAML 6.0 does (`parser.py`, `composer.py`), without recursion: a deep text cannot overflow the stack. */
import type { Alias, Mapping, Node, Scalar, Sequence, Tag } from './nodes';
import { refuse, YamlRefused, type Refusal, type RefusalCode } from './refusal';
import { Scanner } from './scanner';
import { TOKEN_NAMES, type TagToken, type Token } from './tokens';

/** What a text holds. */
export interface YamlText {
  /** The roots of its documents: one, unless it holds nothing or too much. What stands before the first mistake is there. */
  readonly roots: readonly Node[];
  /** Why PyYAML does not come to the end of it; null when it does. */
  readonly refusal: Refusal | null;
}

/** Deepest nesting that is read: PyYAML 6.0.3 recurses and meets Python's limit at 492 levels, less what calls it. Real files stay below ten. */
const DEEPEST = 480;

/** Tokens between two pauses: the dearest hundred of them take about a millisecond. */
const STEP = 200;

const DEFAULT_HANDLES: ReadonlyMap<string, string> = new Map([
  ['!', '!'],
  ['!!', 'tag:yaml.org,2002:'],
]);

type Kind = Token['kind'];

/** An open collection and what is expected of it next. */
type Frame =
  | { readonly in: 'block-sequence' | 'indentless-sequence'; readonly node: Sequence }
  | { readonly in: 'flow-sequence'; readonly node: Sequence; isFirst: boolean }
  | { readonly in: 'block-mapping'; readonly node: Mapping; key: Node | null }
  /** `isLone`: the key at hand is followed by no colon. */
  | { readonly in: 'flow-mapping'; readonly node: Mapping; isFirst: boolean; key: Node | null; isLone: boolean }
  | { readonly in: 'flow-pair'; readonly node: Mapping; isFirst: boolean; key: Node | null };
type FrameOf<Place extends Frame['in']> = Extract<Frame, { readonly in: Place }>;

/** Reads a text in steps; never throws. Pauses every few tokens, so that whoever drives it can let others run. */
export function* readYamlSteps(text: string): Generator<void, YamlText> {
  const composer = new Composer(text);
  try {
    for (let steps = 0; !composer.isDone; steps++) {
      composer.step();
      if (steps % STEP === STEP - 1) yield;
    }
    return { roots: composer.roots, refusal: composer.several };
  } catch (error) {
    if (!(error instanceof YamlRefused)) throw error;
    composer.close();
    return { roots: composer.roots, refusal: composer.several ?? error.refusal };
  }
}

class Composer {
  readonly roots: Node[] = [];
  isDone = false;
  /** A second document begins, which `safe_load` refuses. */
  several: Refusal | null = null;
  private readonly scanner: Scanner;
  private readonly frames: Frame[] = [];
  private anchors = new Map<string, Node>();
  private handles: ReadonlyMap<string, string> = DEFAULT_HANDLES;
  private documents = 0;
  private isInDocument = false;

  constructor(text: string) {
    this.scanner = new Scanner(text);
  }

  /** Reads a token or two. @throws YamlRefused */
  step(): void {
    const frame = this.frames.at(-1);
    if (frame) this.continue(frame);
    else if (this.isInDocument) this.endDocument();
    else this.beginDocument();
  }

  /** What is still open ends with what was read last. */
  close(): void {
    for (const { node } of this.frames) node.end = Math.max(node.start, this.scanner.end);
  }

  private is(...kinds: readonly Kind[]): boolean {
    return kinds.includes(this.scanner.peek().kind);
  }

  private beginDocument(): void {
    const isFirst = this.documents === 0;
    if (isFirst && !this.is('directive', 'document-start', 'stream-end')) {
      this.handles = DEFAULT_HANDLES;
      this.open();
      this.node(true, false);
      return;
    }
    while (this.is('document-end')) this.scanner.take();
    if (this.is('stream-end')) {
      this.isDone = true;
      return;
    }
    const start = this.scanner.peek().start;
    this.readDirectives();
    const token = this.scanner.peek();
    if (token.kind !== 'document-start') {
      const root = this.roots.at(-1);
      const code = root?.kind === 'mapping' && !root.isFlow ? 'outside' : 'left-over';
      this.refuseAfterScalar(code, `expected '<document start>', but found '${TOKEN_NAMES[token.kind]}'`, token, null);
    }
    this.scanner.take();
    this.open();
    if (this.documents > 1 && this.several === null)
      this.several = { code: 'documents', said: 'but found another document', range: { start, end: token.end }, since: null };
    if (this.is('directive', 'document-start', 'document-end', 'stream-end')) this.deliver(this.nothing(token.end));
    else this.node(true, false);
  }

  private open(): void {
    this.documents++;
    this.isInDocument = true;
    this.anchors = new Map();
  }

  private endDocument(): void {
    if (this.is('document-end')) this.scanner.take();
    this.isInDocument = false;
  }

  private readDirectives(): void {
    const handles = new Map<string, string>();
    let hasVersion = false;
    for (let token = this.scanner.peek(); token.kind === 'directive'; token = this.scanner.peek()) {
      const { name, value, start, end } = token;
      const [first = '', second = ''] = value;
      if (name === 'YAML') {
        if (hasVersion) refuse('directive', 'found duplicate YAML directive', start, end);
        if (Number(first) !== 1) refuse('directive', 'found incompatible YAML document (version 1.* is required)', start, end);
        hasVersion = true;
      } else if (name === 'TAG') {
        if (handles.has(first)) refuse('directive', `duplicate tag handle '${first}'`, start, end);
        handles.set(first, second);
      }
      this.scanner.take();
    }
    this.handles = new Map([...DEFAULT_HANDLES, ...handles]);
  }

  private continue(frame: Frame): void {
    switch (frame.in) {
      case 'block-sequence':
        return this.blockEntry(frame.node);
      case 'indentless-sequence':
        return this.indentlessEntry();
      case 'block-mapping':
        return frame.key === null ? this.blockKey(frame.node) : this.value(['key', 'value', 'block-end'], true);
      case 'flow-sequence':
        return this.flowEntry(frame);
      case 'flow-mapping':
        return frame.key === null ? this.flowKey(frame) : this.flowValue(frame);
      case 'flow-pair':
        return this.flowPair(frame);
    }
  }

  private blockEntry(node: Sequence): void {
    const token = this.scanner.peek();
    if (token.kind === 'block-entry') {
      this.scanner.take();
      if (this.is('block-entry', 'block-end')) this.deliver(this.nothing(token.end));
      else this.node(true, false);
    } else this.endBlock(node, token, 'list');
  }

  private blockKey(node: Mapping): void {
    const token = this.scanner.peek();
    if (token.kind === 'key') {
      this.scanner.take();
      if (this.is('key', 'value', 'block-end')) this.deliver(this.nothing(token.end));
      else this.node(true, true);
    } else this.endBlock(node, token, 'mapping');
  }

  private endBlock(node: Sequence | Mapping, token: Token, inside: 'list' | 'mapping'): void {
    if (token.kind !== 'block-end') {
      const said = `expected <block end>, but found '${TOKEN_NAMES[token.kind]}'`;
      this.refuseAfterScalar(blockCode(token.kind, inside), said, token, null);
    }
    this.scanner.take();
    this.frames.pop();
    node.end = Math.max(node.start, this.scanner.end);
  }

  private indentlessEntry(): void {
    const token = this.scanner.peek();
    if (token.kind !== 'block-entry') {
      this.endCollection();
      return;
    }
    this.scanner.take();
    if (this.is('block-entry', 'key', 'value', 'block-end')) this.deliver(this.nothing(token.end));
    else this.node(true, false);
  }

  private endCollection(): void {
    const frame = this.frames.pop();
    if (frame) frame.node.end = Math.max(frame.node.start, this.scanner.end);
  }

  /** The value of a key, or nothing before one of `ends`. */
  private value(ends: readonly Kind[], inBlock: boolean): void {
    const token = this.scanner.peek();
    if (token.kind !== 'value') return this.deliver(this.nothing(token.start));
    this.scanner.take();
    if (this.is(...ends)) this.deliver(this.nothing(token.end));
    else this.node(inBlock, inBlock);
  }

  /** Requires the comma between two entries; true at the end of the collection, which it takes. */
  private endsFlow(
    frame: { readonly node: Sequence | Mapping; isFirst: boolean },
    bracket: 'flow-sequence-end' | 'flow-mapping-end',
  ): boolean {
    if (!this.is(bracket) && !frame.isFirst) {
      const token = this.scanner.peek();
      const { start } = frame.node;
      if (token.kind !== 'flow-entry')
        this.refuseAfterScalar('comma', `expected ',' or '${TOKEN_NAMES[bracket]}', but got '${TOKEN_NAMES[token.kind]}'`, token, start);
      this.scanner.take();
    }
    frame.isFirst = false;
    if (!this.is(bracket)) return false;
    this.scanner.take();
    this.endCollection();
    return true;
  }

  private flowEntry(frame: FrameOf<'flow-sequence'>): void {
    if (this.endsFlow(frame, 'flow-sequence-end')) return;
    const token = this.scanner.peek();
    if (token.kind === 'key') this.begin('flow-pair', mapping(token, true, null, null));
    else this.node(false, false);
  }

  /** `[key: value]`: a mapping of one pair in a list. */
  private flowPair(frame: FrameOf<'flow-pair'>): void {
    if (frame.isFirst) {
      frame.isFirst = false;
      const token = this.scanner.take();
      if (this.is('value', 'flow-entry', 'flow-sequence-end')) this.deliver(this.nothing(token.end));
      else this.node(false, false);
    } else if (frame.key !== null) this.value(['flow-entry', 'flow-sequence-end'], false);
    else this.endCollection();
  }

  private flowKey(frame: FrameOf<'flow-mapping'>): void {
    if (this.endsFlow(frame, 'flow-mapping-end')) return;
    const token = this.scanner.peek();
    frame.isLone = token.kind !== 'key';
    if (frame.isLone) return this.node(false, false);
    this.scanner.take();
    if (this.is('value', 'flow-entry', 'flow-mapping-end')) this.deliver(this.nothing(token.end));
    else this.node(false, false);
  }

  private flowValue({ isLone }: FrameOf<'flow-mapping'>): void {
    if (isLone) this.deliver(this.nothing(this.scanner.peek().start));
    else this.value(['flow-entry', 'flow-mapping-end'], false);
  }

  /** Reads a node with its properties, or the beginning of one. */
  private node(inBlock: boolean, mayBeIndentless: boolean): void {
    const first = this.scanner.peek();
    if (first.kind === 'alias') {
      this.scanner.take();
      const target = this.anchors.get(first.name);
      if (!target) refuse('undefined-alias', `found undefined alias '${first.name}'`, first.start, first.end);
      const alias: Alias = { kind: 'alias', name: first.name, target, start: first.start, end: first.end, anchor: null, tag: null };
      return this.deliver(alias);
    }
    const { anchor, tag } = this.properties();
    const token = this.scanner.peek();
    switch (token.kind) {
      case 'scalar': {
        this.scanner.take();
        const { start, end, value, style } = token;
        return this.deliver(this.anchored({ kind: 'scalar', start, end, value, style, anchor, tag }));
      }
      case 'block-entry':
        if (mayBeIndentless) return this.begin('indentless-sequence', sequence(token, false, anchor, tag));
        break;
      case 'flow-sequence-start':
        this.scanner.take();
        return this.begin('flow-sequence', sequence(token, true, anchor, tag));
      case 'flow-mapping-start':
        this.scanner.take();
        return this.begin('flow-mapping', mapping(token, true, anchor, tag));
      case 'block-sequence-start':
        if (!inBlock) break;
        this.scanner.take();
        return this.begin('block-sequence', sequence(token, false, anchor, tag));
      case 'block-mapping-start':
        if (!inBlock) break;
        this.scanner.take();
        return this.begin('block-mapping', mapping(token, false, anchor, tag));
    }
    if (anchor === null && tag === null) {
      const frame = this.frames.at(-1);
      const said = `expected the node content, but found '${TOKEN_NAMES[token.kind]}'`;
      // At the end of the text, the bracket is what is wrong.
      if (frame?.node.isFlow === true && token.kind === 'stream-end') refuse('comma', said, token.start, token.end, frame.node.start);
      refuse('content', said, token.start, token.end);
    }
    const at = this.scanner.end;
    this.deliver(this.anchored({ kind: 'scalar', start: at, end: at, value: '', style: 'plain', anchor, tag }));
  }

  /** An anchor and a tag in either order. */
  private properties(): Pick<Node, 'anchor' | 'tag'> {
    const { start } = this.scanner.peek();
    let anchor: string | null = null;
    let written: TagToken | null = null;
    for (let token = this.scanner.peek(); ; token = this.scanner.peek()) {
      if (token.kind === 'anchor' && anchor === null) anchor = token.name;
      else if (token.kind === 'tag' && written === null) written = token;
      else break;
      this.scanner.take();
    }
    const tag = written && this.resolved(written, start);
    if (anchor !== null && this.anchors.has(anchor))
      refuse('duplicate-anchor', `found duplicate anchor '${anchor}'`, start, this.scanner.end);
    return { anchor, tag };
  }

  private resolved({ handle, suffix, start, end }: TagToken, since: number): Tag {
    const prefix = handle === null ? '' : this.handles.get(handle);
    if (prefix === undefined) refuse('tag', `found undefined tag handle '${handle ?? ''}'`, start, end, since);
    return { name: prefix + suffix, range: { start, end } };
  }

  private anchored<N extends Scalar | Sequence | Mapping>(node: N): N {
    if (node.anchor !== null) this.anchors.set(node.anchor, node);
    return node;
  }

  private begin(where: Frame['in'], node: Sequence | Mapping): void {
    if (this.frames.length >= DEEPEST) refuse('depth', 'maximum recursion depth exceeded', node.start, node.start + 1);
    this.deliver(this.anchored(node));
    // Each place is begun with the kind of node that belongs there.
    this.frames.push({ in: where, node, isFirst: true, key: null, isLone: false } as Frame);
  }

  /** Gives a node to what it stands in. A collection is given at its beginning and filled afterwards. */
  private deliver(node: Node): void {
    const frame = this.frames.at(-1);
    if (!frame) this.roots.push(node);
    else if (frame.node.kind === 'sequence') frame.node.items.push(node);
    else if ('key' in frame && frame.key === null) frame.key = node;
    else if ('key' in frame && frame.key !== null) {
      frame.node.pairs.push({ key: frame.key, value: node });
      frame.key = null;
    }
  }

  /** Where a quote closes only lines after it opens, that is the mistake, and what follows a consequence. */
  private refuseAfterScalar(code: RefusalCode, said: string, { start, end }: Token, since: number | null): never {
    const { last } = this.scanner;
    const isQuoted = last?.kind === 'scalar' && (last.style === 'double' || last.style === 'single');
    return isQuoted && this.scanner.isOverLines(last)
      ? refuse('quote', said, start, end, last.start)
      : refuse(code, said, start, end, since);
  }

  private nothing(at: number): Scalar {
    return { kind: 'scalar', start: at, end: at, value: '', style: 'plain', anchor: null, tag: null };
  }
}

/** What is wrong where a block should end. */
function blockCode(found: Kind, inside: 'list' | 'mapping'): RefusalCode {
  if (found === 'block-mapping-start' || found === 'block-sequence-start') return 'column';
  if (found === 'block-entry') return inside === 'mapping' ? 'list-entry' : 'column';
  if (inside === 'list' && found === 'key') return 'entry-key';
  return 'left-over';
}

function sequence({ start, end }: Token, isFlow: boolean, anchor: string | null, tag: Tag | null): Sequence {
  return { kind: 'sequence', start, end, isFlow, items: [], anchor, tag };
}

function mapping({ start, end }: Token, isFlow: boolean, anchor: string | null, tag: Tag | null): Mapping {
  return { kind: 'mapping', start, end, isFlow, pairs: [], anchor, tag };
}
