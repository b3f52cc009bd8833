/** Classes of characters as PyYAML has them. A code is NaN at the end of the text. */

export const TAB = 0x09;
export const SPACE = 0x20;

/** Line breaks of YAML 1.1: also NEL and the two separators. */
export function isBreak(code: number): boolean {
  return code === 0x0a || code === 0x0d || code === 0x85 || code === 0x2028 || code === 0x2029;
}

/** A line break or the end of the text. */
export function isBreakOrEnd(code: number): boolean {
  return Number.isNaN(code) || isBreak(code);
}

/** A space, a line break or the end: what ends most things. A tab does not. */
export function isSpaceOrEnd(code: number): boolean {
  return code === SPACE || isBreakOrEnd(code);
}

/** As `isSpaceOrEnd`, or a tab. */
export function isBlankOrEnd(code: number): boolean {
  return code === TAB || isSpaceOrEnd(code);
}

/** What PyYAML takes for text (`Reader.NON_PRINTABLE`, 6.0): all but these. */
export const NOT_PRINTABLE = /[^\t\n\r\x20-\x7e\x85\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** How Python writes a character in an error message. */
export function shown(text: string, at: number): string {
  const code = text.codePointAt(at);
  if (code === undefined) return `'\\x00'`;
  const named: Readonly<Record<number, string>> = { 0x09: '\\t', 0x0a: '\\n', 0x0d: '\\r', 0x27: "'", 0x5c: '\\\\', 0x85: '\\x85' };
  const character = named[code] ?? String.fromCodePoint(code);
  return character === "'" ? `"'"` : `'${character}'`;
}
