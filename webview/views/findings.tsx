import type { VNode } from 'preact';
import type { FindingMessage } from '../../src/protocol/messages';
import { Button } from '../ui/toolkit';

const SEVERITY: Readonly<Record<FindingMessage['severity'], { readonly sign: string; readonly word: string }>> = {
  error: { sign: '✖', word: 'Error' },
  warning: { sign: '⚠', word: 'Warning' },
  information: { sign: 'ℹ', word: 'Information' },
  hint: { sign: '→', word: 'Hint' },
};

type Fix = FindingMessage['fixes'][number];

interface FindingsProps {
  readonly findings: readonly FindingMessage[];
  /** Carries out a fix; null where nothing can be written. */
  readonly onFix: ((fix: Fix) => void) | null;
  /** What pressing a fix does, for screen readers. */
  readonly verb: string;
}

/** What would go wrong or could be better, and the changes worth trying. */
export function Findings({ findings, onFix, verb }: FindingsProps): VNode | null {
  if (findings.length === 0) return null;
  return (
    <section class="findings" aria-label="Findings">
      <h2>What to know</h2>
      <ul>
        {findings.map((finding, index) => (
          <li key={`${finding.code} ${index}`} class={finding.severity}>
            <span class="sign" title={SEVERITY[finding.severity].word}>
              <span aria-hidden="true">{SEVERITY[finding.severity].sign}</span>
              <span class="unseen">{SEVERITY[finding.severity].word}: </span>
            </span>
            <div>
              {finding.key === null ? null : <code>{finding.key}</code>} {finding.message}
              <Fixes fixes={finding.fixes} onFix={onFix} verb={verb} />
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Shown before the rest is asked for: the findings put the fixes in the order of their worth. */
const FIRST_FIXES = 3;

function Fixes({ fixes, onFix, verb }: Omit<FindingsProps, 'findings'> & { readonly fixes: readonly Fix[] }): VNode | null {
  if (fixes.length === 0) return null;
  const buttons = (shown: readonly Fix[]): VNode => (
    <div class="fixes">
      {shown.map((fix) => (
        <Button
          key={fix.title}
          primary={fix.preferred}
          disabled={onFix === null}
          onPress={() => onFix?.(fix)}
          label={`${verb}: ${fix.title}`}
        >
          {fix.title}
        </Button>
      ))}
    </div>
  );
  const rest = fixes.slice(FIRST_FIXES);
  return (
    <>
      {buttons(fixes.slice(0, FIRST_FIXES))}
      {rest.length === 0 ? null : (
        <details>
          <summary>
            {rest.length} more {rest.length === 1 ? 'way' : 'ways'}
          </summary>
          {buttons(rest)}
        </details>
      )}
    </>
  );
}
