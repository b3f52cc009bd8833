import type { Finding, Fix } from '../vllm/findings';
import { ruleInfo } from '../vllm/rules/catalogue';
import type { DeploymentArgument, TextRange } from './deployment';

/** A finding with its place in the file, as UTF-16 offsets. */
export interface Trap extends Finding {
  readonly start: number;
  readonly end: number;
}

/** What a trap knows beside its code. */
export interface TrapParts {
  readonly message: string;
  readonly vllmMessage?: string | null;
  readonly fixes?: readonly Fix[];
  readonly severity?: Finding['severity'];
}

/** A trap of `code` on an argument, underlined at `range` or at its key. */
export function trapOn(argument: DeploymentArgument, code: string, parts: TrapParts, range: TextRange = argument.keyRange): Trap {
  return {
    code,
    severity: parts.severity ?? ruleInfo(code)?.severity ?? 'error',
    key: argument.name,
    relatedKeys: [],
    message: parts.message,
    vllmMessage: parts.vllmMessage ?? null,
    fixes: parts.fixes ?? [],
    start: range.start,
    end: range.end,
  };
}

/** Takes out this very argument, whatever else has its name. */
export function removeThis(argument: DeploymentArgument, preferred = false): Fix {
  return { title: `Remove ${argument.written}`, edits: {}, remove: [], removeAt: [argument.keyRange.start], preferred };
}
