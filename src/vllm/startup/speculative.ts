import type { Architecture, Model } from '../../estimator/architecture';
import { between, exactly, type Ranged } from '../../estimator/ranged';
import type { EngineSettings } from '../defaults/settings';
import type { CountedCache } from './kvCacheGroups';
import { cachesOf, type KvCacheFormat } from './kvCacheSpecs';
import { namesLayer, quantizationScheme, type IgnoredModules, type QuantizationTarget } from './quantization';
import { pipelineStages } from './stages';
import { bytesOf, layerParameters, outerParameters, type WeightLayout } from './weightsPerGpu';

/** What a drafter adds to one rank. */
export interface Drafter {
  readonly weights: Ranged;
  readonly caches: readonly CountedCache[];
  /** Said when the drafter's architecture had to be assumed; null otherwise. */
  readonly assumption: string | null;
}

const NO_DRAFTER: Drafter = { weights: exactly(0), caches: [], assumption: null };

/** Methods without weights of their own. */
const WITHOUT_MODEL: ReadonlySet<string> = new Set(['ngram', 'ngram_gpu', 'suffix']);

/** The weights and caches speculative decoding adds on a rank of `layout` (SPEC: vllm/v1/spec_decode; drafters load on every stage's last rank). */
export function drafterOf(
  architecture: Architecture,
  layout: WeightLayout,
  format: KvCacheFormat,
  settings: EngineSettings,
  draft: Model | null,
  target: QuantizationTarget,
): Drafter {
  const { speculative } = settings;
  if (!speculative || WITHOUT_MODEL.has(speculative.method)) return NO_DRAFTER;
  if (speculative.method.endsWith('mtp') || (speculative.model === null && architecture.mtp))
    return mtpDrafter(architecture, layout, format);
  if (draft) return modelDrafter(draft, layout, format, target, speculative.draftTensorParallelSize, speculative.method);
  return assumedDrafter(architecture, layout, format, speculative.method);
}

/**
 * The checkpoint's own MTP module: one decoder layer, two norms and the 2H x H projection; embedding and head are the target's.
 * The projection is replicated and stays in the model's dtype.
 */
function mtpDrafter(architecture: Architecture, layout: WeightLayout, format: KvCacheFormat): Drafter {
  const { mtp, hiddenSize } = architecture;
  const kind = mtp?.kind ?? architecture.layerKinds[architecture.layout.at(-1) ?? 0];
  if (!kind) return NO_DRAFTER;
  const module: WeightLayout = {
    ...layout,
    architecture: { ...architecture, layerKinds: [kind], layout: [0] },
    scheme: { ...layout.scheme, ignored: mtpIgnored(layout) },
  };
  const projection = 2 * hiddenSize * hiddenSize * layout.dtypeBytes;
  const quantized = bytesOf(layerParameters(module, 0)) + projection;
  // Tools that quantize to four bits leave the MTP module alone (llm-compressor and AutoAWQ recipes); a config would name it.
  const plain = { ...module, scheme: { ...module.scheme, linear: null, experts: null } };
  const bytes = layout.scheme.attentionLeftOut === null ? quantized : bytesOf(layerParameters(plain, 0)) + projection;
  const known = (mtp?.kind ?? null) !== null;
  return {
    weights: known
      ? between(quantized * 0.9, bytes, bytes * 1.1, 'the MTP module')
      : between(bytes * 0.5, bytes, bytes * 1.5, 'the MTP module'),
    caches: kind.mixers.flatMap((mixer) => cachesOf(mixer, format).map((cache) => ({ cache, layers: 1 }))),
    assumption: known ? null : 'the MTP module is taken to be one decoder layer of the last kind',
  };
}

/**
 * Patterns of the layers proper; a module that the checkpoint leaves out by name ("mtp"), or as the layer behind the last ("model.layers.61*"),
 * is stored unquantized.
 */
function mtpIgnored(layout: WeightLayout): WeightLayout['scheme']['ignored'] {
  const { ignored } = layout.scheme;
  const behind = layout.architecture.layout.length;
  const isBehind = (pattern: IgnoredModules): boolean => pattern.layer === null || pattern.layer >= behind || namesLayer(pattern, behind);
  const isLeftOut = ignored.some((pattern) => isBehind(pattern) && pattern.matches('mtp'));
  return isLeftOut ? [{ layer: null, matches: () => true }] : ignored;
}

function modelDrafter(
  draft: Model,
  layout: WeightLayout,
  format: KvCacheFormat,
  target: QuantizationTarget,
  tensorParallel: number,
  method: string,
): Drafter {
  const { architecture } = draft;
  const own: WeightLayout = {
    ...layout,
    headerRatios: null,
    architecture,
    scheme: quantizationScheme(draft, { ...target, requested: null }),
    tensorParallel,
    loadTowers: false,
  };
  const [stage] = pipelineStages(architecture, 1);
  if (!stage) return NO_DRAFTER;
  const layers = stage.layersByKind.reduce((sum, count, kind) => sum + count * bytesOf(layerParameters(own, kind)), 0);
  const outer = method.startsWith('eagle') ? 0 : bytesOf(outerParameters(own, stage));
  const bytes = layers + outer;
  return {
    weights: between(bytes * 0.97, bytes, bytes * 1.03, 'the draft model'),
    caches: architecture.layerKinds.flatMap((kind, index) =>
      kind.mixers.flatMap((mixer) =>
        cachesOf(mixer, { ...format, tensorParallel }).map((cache) => ({ cache, layers: stage.layersByKind[index] ?? 0 })),
      ),
    ),
    assumption: null,
  };
}

/** Reduced draft vocabulary of published EAGLE-3 heads (32,000 rows). */
const EAGLE3_VOCABULARY = 32000;

/** An unknown EAGLE head: one dense layer of the target's sizes, its fusing projection and, for EAGLE-3, a reduced head. */
function assumedDrafter(architecture: Architecture, layout: WeightLayout, format: KvCacheFormat, method: string): Drafter {
  const kind = architecture.layerKinds.find((k) => k.feedForwards.some((f) => f.kind === 'dense')) ?? architecture.layerKinds[0];
  if (!kind) return NO_DRAFTER;
  const { hiddenSize } = architecture;
  const module: WeightLayout = {
    ...layout,
    architecture: { ...architecture, layerKinds: [kind], layout: [0] },
    scheme: { ...layout.scheme, linear: null, experts: null },
  };
  const fused = method === 'eagle3' ? 3 : 2;
  const head = method === 'eagle3' ? (EAGLE3_VOCABULARY / layout.tensorParallel) * hiddenSize : 0;
  const bytes = bytesOf(layerParameters(module, 0)) + (fused * hiddenSize * hiddenSize + head) * layout.dtypeBytes;
  return {
    weights: between(bytes * 0.4, bytes, bytes * 2, 'the draft model'),
    caches: kind.mixers.flatMap((mixer) => cachesOf(mixer, format).map((cache) => ({ cache, layers: 1 }))),
    assumption: `the draft model is not known: taken as one decoder layer of the target`,
  };
}
