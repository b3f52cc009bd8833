import type { Deployment } from '../deployments/deployment';
import { withoutSettings } from '../deployments/directive';
import type { TextEdit } from '../deployments/edits';

/** The GPU a person chose. */
export interface ChosenGpu {
  /** Catalogue key. */
  readonly key: string;
  readonly count: number;
}

/** Words of a directive that name the card; a memory size belongs to the card it was written for. */
const GPU_WORDS: ReadonlySet<string> = new Set(['gpu', 'count', 'memory']);

/**
 * The edit that names a GPU in a file: in its `# vram:` directive where there is one, otherwise as a new first line. What else the
 * directive says stays.
 */
export function directiveEdit(text: string, deployment: Deployment, gpu: ChosenGpu): TextEdit {
  const words = `gpu=${gpu.key} count=${gpu.count}`;
  const hint = deployment.gpuHints.find(({ source }) => source === 'directive');
  if (hint !== undefined) {
    const directive = text.slice(hint.range.start, hint.range.end);
    const colon = directive.indexOf(':') + 1;
    const rest = withoutSettings(directive.slice(colon), GPU_WORDS);
    return { ...hint.range, text: `${directive.slice(0, colon)} ${words}${rest === '' ? '' : ` ${rest}`}` };
  }
  const start = text.startsWith('\ufeff') ? 1 : 0;
  const lineEnd = /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
  return { start, end: start, text: `# vram: ${words}${lineEnd}` };
}

/** The edit that states another number of the same cards in the directive that names them; null where no directive does. */
export function countEdit(text: string, deployment: Deployment, count: number): TextEdit | null {
  const hint = deployment.gpuHints.find(({ source, name, totalMemoryGib }) => source === 'directive' && (name ?? totalMemoryGib) !== null);
  if (hint === undefined) return null;
  const directive = text.slice(hint.range.start, hint.range.end);
  const stated = /\bcount[ \t]*=[ \t]*(?:"[^"]*"|'[^']*'|[^\s,;"']*)/i;
  const replaced = stated.test(directive) ? directive.replace(stated, `count=${count}`) : `${directive.trimEnd()} count=${count}`;
  return { ...hint.range, text: replaced };
}
