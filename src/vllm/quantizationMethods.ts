import type { CheckpointQuantization } from '../estimator/architecture';
import table from '../../data/quantization-methods.json';
import { compareReleases, isSince } from './release';

/** One quantization method as vLLM's registry has it; its bytes per weight are the estimator's business. */
export interface QuantizationMethod {
  readonly name: string;
  /** First registry read with it; null when all have it. */
  readonly since: string | null;
  /** Last registry read with it; null when the newest has it. */
  readonly lastSeen: string | null;
  /** Least compute capability times ten in the newest release; null when none is named. */
  readonly minCapability: number | null;
  /** By release: the least capability before it. */
  readonly minCapabilityBefore: Readonly<Record<string, number>>;
  /** Quantizes a 16-bit checkpoint while loading. */
  readonly online: boolean;
  /** Lives on in a plugin of its own after the last registry with it. */
  readonly plugin: boolean;
}

interface Row {
  readonly name: string;
  readonly since?: string;
  readonly lastSeen?: string;
  readonly minCapability?: number;
  readonly minCapabilityBefore?: Readonly<Record<string, number>>;
  readonly online?: boolean;
  readonly plugin?: boolean;
}

/** Every method of any release read. Facts: `data/quantization-methods.json`, which names its source. */
export const QUANTIZATION_METHODS: readonly QuantizationMethod[] = (table.methods as readonly Row[]).map((row) => ({
  name: row.name,
  since: row.since ?? null,
  lastSeen: row.lastSeen ?? null,
  minCapability: row.minCapability ?? null,
  minCapabilityBefore: row.minCapabilityBefore ?? {},
  online: row.online ?? false,
  plugin: row.plugin ?? false,
}));

const BY_NAME: ReadonlyMap<string, QuantizationMethod> = new Map(QUANTIZATION_METHODS.map((method) => [method.name, method]));
const RELEASES: readonly string[] = table.releases;

export function findQuantizationMethod(name: string): QuantizationMethod | null {
  return BY_NAME.get(name) ?? null;
}

/** Whether a release's registry has the method; `uncertain` between two registries read. */
export function methodAvailability(method: QuantizationMethod, version: string): 'present' | 'absent' | 'uncertain' {
  if (method.lastSeen !== null && compareReleases(version, method.lastSeen) > 0) {
    const firstWithout = RELEASES[RELEASES.indexOf(method.lastSeen) + 1];
    return firstWithout === undefined || isSince(version, firstWithout) ? 'absent' : 'uncertain';
  }
  if (method.since === null || isSince(version, method.since)) return 'present';
  const lastWithout = RELEASES[RELEASES.indexOf(method.since) - 1];
  return lastWithout !== undefined && compareReleases(version, lastWithout) > 0 ? 'uncertain' : 'absent';
}

/** Least compute capability (times ten) of a method in a release; null when none is named. */
export function minCapabilityOf(method: QuantizationMethod, version: string): number | null {
  for (const [release, capability] of Object.entries(method.minCapabilityBefore)) {
    if (!isSince(version, release)) return capability;
  }
  return method.minCapability;
}

/** True when a release certainly refuses the method unless deprecated ones are allowed: both registries around it list it as such. */
export function isDeprecatedIn(name: string, version: string): boolean {
  const lists = Object.entries(table.deprecated as Readonly<Record<string, readonly string[]>>);
  const before = lists.filter(([release]) => isSince(version, release)).at(-1);
  const after = lists.find(([release]) => !isSince(version, release));
  return before !== undefined && before[1].includes(name) && (after?.[1].includes(name) ?? true);
}

/** Methods that read the same checkpoint: the first is the checkpoint's own, the others are kernels for it. */
const FAMILIES: readonly (readonly string[])[] = [
  [
    'gptq',
    'gptq_marlin',
    'auto_gptq',
    'marlin',
    'gptq_bitblas',
    'gptq_marlin_24',
    'moe_wna16',
    'ipex',
    'inc',
    'auto-round',
    'cpu_gptq',
    'humming',
  ],
  ['awq', 'awq_marlin', 'auto_awq', 'moe_wna16', 'ipex', 'inc', 'auto-round', 'cpu_awq', 'humming'],
  ['auto-round', 'inc', 'gptq', 'gptq_marlin', 'auto_gptq', 'awq', 'awq_marlin', 'auto_awq'],
  ['fp8', 'deepseek_v4_fp8', 'humming', 'ptpc_fp8'],
  ['modelopt', 'modelopt_fp4', 'modelopt_mxfp8', 'modelopt_mixed', 'nvfp4', 'petit_nvfp4', 'humming'],
  ['modelopt_fp4', 'modelopt', 'modelopt_mixed', 'nvfp4', 'petit_nvfp4', 'humming'],
  ['mxfp4', 'gpt_oss_mxfp4', 'humming', 'quark'],
  ['bitblas', 'gptq_bitblas'],
];

function normalized(method: string): string {
  return method === 'compressed_tensors' ? 'compressed-tensors' : method;
}

/** Whether `quantization: WRITTEN` is accepted for a checkpoint of `stored`. */
export function acceptsCheckpoint(written: string, stored: string): boolean {
  const [left, right] = [normalized(written), normalized(stored)];
  return left === right || FAMILIES.some(([own, ...others]) => own === right && others.includes(left));
}

/** Methods of a release that a checkpoint and a GPU accept, for `quantization`; the checkpoint's own method first. */
export function usableMethods(
  version: string,
  stored: CheckpointQuantization | null,
  capability: number | null,
): readonly QuantizationMethod[] {
  return QUANTIZATION_METHODS.filter((method) => {
    if (methodAvailability(method, version) === 'absent' && !method.plugin) return false;
    const least = minCapabilityOf(method, version);
    if (capability !== null && least !== null && capability < least) return false;
    return stored === null ? method.online : acceptsCheckpoint(method.name, stored.method);
  }).sort((a, b) => Number(b.name === stored?.method) - Number(a.name === stored?.method));
}
