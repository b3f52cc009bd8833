import type { Analysis } from '../../analysis/analysis';
import type { FindingMessage } from '../../protocol/messages';

/** What vLLM would say, with the fixes that the page can make: setting and removing keys. What else there is, is for the editor's own quick fixes. */
export function findingMessages({ findings }: Analysis): FindingMessage[] {
  return findings.map(({ code, severity, key, message, fixes }) => ({
    code,
    severity,
    key,
    message,
    fixes: fixes
      .filter((fix) => fix.rename === undefined && fix.replace === undefined)
      .map((fix) => ({ title: fix.title, edits: { set: { ...fix.edits }, remove: [...fix.remove] }, preferred: fix.preferred })),
  }));
}
