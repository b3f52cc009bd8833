/** Text that comes from files must never become markup, a link or a command in what we show. */

/** Longest text of a file that is quoted back. */
const LONGEST = 200;

function shortened(text: string): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length > LONGEST ? `${flat.slice(0, LONGEST - 1)}…` : flat;
}

/** `text` as a code span that holds whatever backticks it has. */
export function inlineCode(text: string): string {
  const flat = shortened(text);
  if (flat === '') return '` `';
  const longest = Math.max(0, ...(flat.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = flat.startsWith('`') || flat.endsWith('`') ? ' ' : '';
  return fence + pad + flat + pad + fence;
}

/**
 * `text` as Markdown that shows exactly these characters, on one line and in the middle of a paragraph, a list item or a table cell.
 * Brackets, not parentheses, make links; `_` means something at the edge of a word only, and list and heading marks at the start only.
 */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\r\n]+/g, ' ')
    .replace(/[\\`*[\]|~$]/g, '\\$&')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/^(\s*)([#+-]|\d+(?=[.)](?:\s|$)))/, (_, space: string, mark: string) =>
      /\d/.test(mark) ? `${space}${mark}\\` : `${space}\\${mark}`,
    )
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/(https?|ftp|mailto|command|file|vscode):/gi, '$1&#58;')
    .replace(/\bwww\./gi, 'www&#46;')
    .replaceAll('@', '&#64;');
}
