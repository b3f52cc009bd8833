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

/** `text` as Markdown that shows exactly these characters. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\r\n]+/g, ' ')
    .replace(/[\\`*_{}[\]()#+\-!|~>$@]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/(https?|ftp|command|file|vscode):/gi, '$1&#58;')
    .replace(/\bwww\./gi, 'www&#46;');
}
