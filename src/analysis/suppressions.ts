/**
 * Comments that turn findings off: `# vram: disable-next-line CODE`, `# vram: disable-line CODE` behind a value, and
 * `# vram: disable-file CODE` anywhere. Several codes are separated by commas; without a code, all are meant.
 */
import type { TextEdit } from '../deployments/edits';
import { Lines } from '../deployments/lines';
import type { Severity } from '../vllm/findings';
import { nearestValue } from '../vllm/argumentTable';
import { ruleInfo, RULES } from '../vllm/rules/catalogue';
import type { PlacedFinding } from './analysis';

type Scope = 'next-line' | 'line' | 'file';

interface Suppression {
  readonly scope: Scope;
  readonly codes: readonly string[];
  /** Index of the line it applies to; irrelevant for `file`. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

const COMMENT = /(?:^|[ \t])(#[ \t]*vram:[ \t]*disable-(next-line|line|file)\b([^\r\n#]*))/gim;

function suppressionsIn(text: string, lines: Lines): readonly Suppression[] {
  return [...text.matchAll(COMMENT)].map((match) => {
    const comment = (match[1] ?? '').trimEnd();
    const start = match.index + match[0].indexOf('#');
    const scope = (match[2] ?? 'line').toLowerCase() as Scope;
    const codes = (match[3] ?? '').split(/[\s,]+/).filter((code) => code !== '');
    const own = lines.positionAt(start).line;
    return { scope, codes, line: scope === 'next-line' ? own + 1 : own, start, end: start + comment.length };
  });
}

/** What was known when the findings were made: a suppression of what could not be checked is not called unused. */
export interface Known {
  readonly model: boolean;
  readonly gpu: boolean;
}

function couldBeChecked(code: string, known: Known): boolean {
  const basis = ruleInfo(code)?.basis;
  if (basis === 'file' || basis === 'arguments') return true;
  if (basis === 'model') return known.model;
  return basis !== 'environment' && known.model && known.gpu;
}

function remark(code: string, { start, end }: Suppression, message: string): PlacedFinding {
  const fixes: PlacedFinding['fixes'] = [];
  return { code, severity: ruleInfo(code)?.severity ?? 'hint', key: null, relatedKeys: [], message, vllmMessage: null, fixes, start, end };
}

function names({ codes }: Suppression, finding: PlacedFinding): boolean {
  return codes.length === 0 || codes.includes(finding.code);
}

function remarksOn(suppression: Suppression, used: ReadonlySet<string>, known: Known): readonly PlacedFinding[] {
  const { codes } = suppression;
  if (codes.length === 0) {
    return used.size > 0 || !known.model || !known.gpu
      ? []
      : [remark('suppression-unused', suppression, 'Nothing is reported here that this comment could turn off.')];
  }
  return codes.flatMap((code) => {
    if (used.has(code)) return [];
    if (!ruleInfo(code)) {
      const near = nearestValue(
        code,
        RULES.map((rule) => rule.code),
      );
      return [remark('suppression-unknown', suppression, `No rule is called ${code}.${near === null ? '' : ` Did you mean ${near}?`}`)];
    }
    return couldBeChecked(code, known)
      ? [remark('suppression-unused', suppression, `${code} is not reported here, so there is nothing to turn off.`)]
      : [];
  });
}

/** The findings that no comment turns off, and hints on comments that turn nothing off. */
export function applySuppressions(text: string, findings: readonly PlacedFinding[], known: Known): readonly PlacedFinding[] {
  if (!/vram:[ \t]*disable-/i.test(text)) return findings;
  const lines = new Lines(text);
  const suppressions = suppressionsIn(text, lines);
  const ofFile = suppressions.filter(({ scope }) => scope === 'file');
  const ofLine = new Map<number, Suppression[]>();
  for (const suppression of suppressions) {
    if (suppression.scope !== 'file') ofLine.set(suppression.line, [...(ofLine.get(suppression.line) ?? []), suppression]);
  }
  const used = new Map(suppressions.map((suppression) => [suppression, new Set<string>()]));
  const kept = findings.filter((finding) => {
    const line = lines.positionAt(finding.start).line;
    const by = [...ofFile, ...(ofLine.get(line) ?? [])].filter((suppression) => names(suppression, finding));
    for (const suppression of by) used.get(suppression)?.add(finding.code);
    return by.length === 0;
  });
  const remarks = suppressions.flatMap((suppression) => remarksOn(suppression, used.get(suppression) ?? new Set(), known));
  return [...kept, ...remarks];
}

/** Severity by code as a person sets it; `default` keeps the rule's own. */
export type SeverityOverrides = Readonly<Record<string, Severity | 'off' | 'default'>>;

/** The findings with the severities a person chose, without those turned off. */
export function applySeverities(findings: readonly PlacedFinding[], overrides: SeverityOverrides): readonly PlacedFinding[] {
  return findings.flatMap((finding) => {
    const chosen = overrides[finding.code];
    if (chosen === 'off') return [];
    return [chosen === undefined || chosen === 'default' ? finding : { ...finding, severity: chosen }];
  });
}

/** Where the rest of a line begins that ends with a suppression of the line at `at`; null when there is none. */
function existing(text: string, lines: Lines, line: number): Suppression | null {
  return (
    suppressionsIn(text, lines).find(
      (suppression) => suppression.scope === 'next-line' && suppression.line === line && suppression.codes.length > 0,
    ) ?? null
  );
}

/** The edit that turns a finding off for its line: a comment above it, or one more code in the comment that is there. */
export function disableForLine(text: string, finding: PlacedFinding): TextEdit {
  const lines = new Lines(text);
  const line = lines.positionAt(finding.start).line;
  const present = existing(text, lines, line);
  if (present) return { start: present.end, end: present.end, text: `, ${finding.code}` };
  const at = lines.startOf(line);
  const indent = /^[ \t]*/.exec(text.slice(at))?.[0] ?? '';
  const eol = /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
  return { start: at, end: at, text: `${indent}# vram: disable-next-line ${finding.code}${eol}` };
}
