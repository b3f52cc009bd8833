import type { Model } from '../../estimator/architecture';
import type { GpuSetup } from '../../estimator/hardware/gpu';
import type { ArgumentValue, VllmArguments } from '../arguments';
import { ArgumentReader } from '../argumentValues';
import type { Finding, Fix, Severity } from '../findings';
import { isSince } from '../release';
import type { EffectiveSettings, StartupReport } from '../startup/report';
import { ruleInfo } from './catalogue';

/** Everything a rule may know. What is null or absent is unknown, and a rule that needs it says nothing. */
export interface RuleContext {
  readonly args: VllmArguments;
  readonly model: Model | null;
  readonly gpu: GpuSetup | null;
  readonly settings: EffectiveSettings | null;
  readonly version: string;
  readonly report: StartupReport | null;
  /** True when `model` comes from the checkpoint's own configuration, not from its name or a relative. */
  readonly modelIsCertain?: boolean;
  /** Environment of the engine's process as far as the file gives it. */
  readonly environment?: ReadonlyMap<string, string>;
  /** Memory of the host, GiB. */
  readonly hostMemoryGib?: number | null;
}

/** The context with the readings that many rules share. */
export class RuleFacts {
  readonly read: ArgumentReader;
  readonly tp: number;
  readonly pp: number;
  readonly dp: number;
  readonly dcp: number;
  readonly pcp: number;

  constructor(readonly context: RuleContext) {
    this.read = new ArgumentReader(context.args);
    this.tp = context.settings?.tensorParallelSize ?? this.read.positive('tensor-parallel-size') ?? 1;
    this.pp = context.settings?.pipelineParallelSize ?? this.read.positive('pipeline-parallel-size') ?? 1;
    this.dp = context.settings?.dataParallelSize ?? this.read.positive('data-parallel-size') ?? 1;
    this.dcp = this.read.positive('decode-context-parallel-size') ?? 1;
    this.pcp = this.read.positive('prefill-context-parallel-size') ?? 1;
  }

  isSince(version: string): boolean {
    return isSince(this.context.version, version);
  }

  /** Compute capability times ten; null when the GPU is unknown or not CUDA. */
  get capability(): number | null {
    return this.context.gpu?.gpu.computeCapability ?? null;
  }

  /** "8.9" for 89. */
  get capabilityText(): string {
    return capabilityText(this.capability ?? 0);
  }

  get gpuName(): string {
    return this.context.gpu?.gpu.label ?? 'GPU';
  }
}

/** "8.9" for 89. */
export function capabilityText(capability: number): string {
  return (capability / 10).toFixed(1);
}

/** The parts of a finding that its rule knows. */
export interface FindingParts {
  /** Keys that take part, the one to blame first; the first one that is given is blamed. */
  readonly keys: readonly string[];
  readonly message: string;
  readonly vllmMessage: string | null;
  readonly fixes?: readonly Fix[];
  /** Where the rule's own severity does not hold for this case. */
  readonly severity?: Severity;
}

/** Checks one rule; null when it has nothing to say. */
export interface Rule {
  readonly code: string;
  readonly check: (facts: RuleFacts) => FindingParts | null;
}

/** A finding of the rule `code`, with the severity of the catalogue unless the parts name one. */
export function makeFinding(code: string, args: VllmArguments, parts: FindingParts): Finding {
  const key = parts.keys.find((candidate) => args.has(candidate) || args.has(`no-${candidate}`)) ?? parts.keys[0] ?? null;
  return {
    code,
    severity: parts.severity ?? ruleInfo(code)?.severity ?? 'error',
    key,
    relatedKeys: parts.keys.filter((candidate) => candidate !== key),
    message: parts.message,
    vllmMessage: parts.vllmMessage,
    fixes: parts.fixes ?? [],
  };
}

function shown(value: ArgumentValue): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** "Set KEY to VALUE (note)". */
export function setFix(key: string, value: ArgumentValue, options: { readonly note?: string; readonly preferred?: boolean } = {}): Fix {
  const note = options.note === undefined ? '' : ` (${options.note})`;
  return { title: `Set ${key} to ${shown(value)}${note}`, edits: { [key]: value }, remove: [], preferred: options.preferred ?? false };
}

/** "Remove KEY (note)". */
export function removeFix(key: string, options: { readonly note?: string; readonly preferred?: boolean } = {}): Fix {
  const note = options.note === undefined ? '' : ` (${options.note})`;
  return { title: `Remove ${key}${note}`, edits: {}, remove: [key], preferred: options.preferred ?? false };
}

/** A fix that puts a field into a JSON-valued argument and keeps its other fields. */
export function setFieldFix(facts: RuleFacts, key: string, field: string, value: ArgumentValue, preferred = false): Fix {
  const fields = facts.read.object(key) ?? {};
  return { title: `Set ${key}.${field} to ${shown(value)}`, edits: { [key]: { ...fields, [field]: value } }, remove: [], preferred };
}

/** A fix that takes a field out of a JSON-valued argument and keeps its other fields. */
export function removeFieldFix(facts: RuleFacts, key: string, field: string): Fix {
  const rest = Object.fromEntries(Object.entries(facts.read.object(key) ?? {}).filter(([name]) => name !== field));
  const title = `Remove ${key}.${field}`;
  if (Object.keys(rest).length === 0) return { title, edits: {}, remove: [key], preferred: false };
  return { title, edits: { [key]: rest }, remove: [], preferred: false };
}
