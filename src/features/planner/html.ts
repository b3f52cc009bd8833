import { randomBytes } from 'node:crypto';
import type { Place } from './conversation';

/** Where a page finds its files: addresses the webview may load. */
export interface PageAddresses {
  readonly script: string;
  readonly style: string;
  /** Origin that the webview serves its resources from. */
  readonly source: string;
}

/**
 * The page's HTML. Nothing is allowed but the extension's own style sheet and scripts that carry this load's nonce; the toolkit reads the
 * same nonce from the `csp-nonce` tag for the one style element it adds. Modules that the script imports inherit its nonce.
 */
export function plannerHtml(place: Place, addresses: PageAddresses): string {
  const nonce = randomBytes(16).toString('base64');
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${addresses.source} 'nonce-${nonce}'`,
    `font-src ${addresses.source}`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="UTF-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta http-equiv="Content-Security-Policy" content="${attribute(policy)}">
  <meta property="csp-nonce" content="${nonce}">
  <link rel="stylesheet" href="${attribute(addresses.style)}">
  <title>vLLM VRAM Planner</title>
</head>
<body data-place="${place}">
  <script type="module" nonce="${nonce}" src="${attribute(addresses.script)}"></script>
</body>
</html>`;
}

function attribute(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;');
}
