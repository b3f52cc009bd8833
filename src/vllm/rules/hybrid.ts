import { formatCount } from '../../estimator/figures';
import type { ArgumentValue } from '../arguments';
import { hasChunkedLayers, hasFullAttention, hasStateLayers, hasWindowedLayers } from '../../estimator/modelShape';
import type { FindingParts, Rule, RuleFacts } from './rule';
import { removeFix, setFix } from './rule';

const MANAGER = 'disable-hybrid-kv-cache-manager';
const CONNECTOR = 'kv-transfer-config';

/** KV connectors that do not implement vLLM's `SupportsHMA`. */
const WITHOUT_GROUPS: ReadonlySet<string> = new Set([
  'LMCacheConnectorV1',
  'P2pNcclConnector',
  'SharedStorageConnector',
  'ExampleConnector',
]);

function connectorWithoutGroups(facts: RuleFacts): string | null {
  const name: ArgumentValue | undefined = facts.read.object(CONNECTOR)?.['kv_connector'];
  return typeof name === 'string' && WITHOUT_GROUPS.has(name) ? name : null;
}

const conflict: Rule = {
  code: 'hma-conflict',
  check(facts): FindingParts | null {
    const connector = connectorWithoutGroups(facts);
    if (connector === null || facts.read.flag(MANAGER) !== false) return null;
    return {
      keys: [MANAGER, CONNECTOR],
      message: `${connector} cannot handle separate KV cache groups, which no-${MANAGER} insists on.`,
      vllmMessage: 'Hybrid KV cache manager was explicitly enabled but is not supported in this configuration.',
      fixes: [{ title: `Remove no-${MANAGER}`, edits: {}, remove: [`no-${MANAGER}`], preferred: true }],
    };
  },
};

const managerOff: Rule = {
  code: 'hma-off',
  check(facts): FindingParts | null {
    const { model, settings, environment } = facts.context;
    if (!model || settings?.engine === 'V0' || !hasWindowedLayers(model) || !hasFullAttention(model)) return null;
    const switchedOff = facts.read.flag(MANAGER) === true;
    const connector = connectorWithoutGroups(facts);
    // vLLM turns the manager off for chunked attention unless the environment allows it.
    const chunked = hasChunkedLayers(model) && environment?.get('VLLM_ALLOW_CHUNKED_LOCAL_ATTN_WITH_HYBRID_KV_CACHE') !== '1';
    if (!switchedOff && connector === null && !chunked) return null;
    const cause = switchedOff
      ? 'The hybrid KV cache manager is off'
      : connector === null
        ? 'vLLM turns the hybrid KV cache manager off for chunked attention'
        : `${connector} turns the hybrid KV cache manager off`;
    return {
      keys: switchedOff ? [MANAGER] : connector === null ? ['model'] : [CONNECTOR],
      message: `${cause}: layers with a short window keep KV cache for the whole context.`,
      vllmMessage:
        'Hybrid KV cache manager is disabled for this hybrid model, This means we do not enable any optimizations for saving KV cache memory',
      fixes: switchedOff ? [removeFix(MANAGER)] : [],
      ...(switchedOff ? {} : { severity: 'information' as const }),
    };
  },
};

const stateBlocks: Rule = {
  code: 'mamba-block',
  check(facts): FindingParts | null {
    const size = facts.read.number('mamba-block-size');
    if (size === null || facts.read.flag('enable-prefix-caching') !== false) return null;
    return {
      keys: ['mamba-block-size', 'enable-prefix-caching'],
      message: 'mamba-block-size only matters to prefix caching, which is off.',
      vllmMessage: '--mamba-block-size can only be set with --enable-prefix-caching',
      fixes: [removeFix('mamba-block-size')],
    };
  },
};

/** CUDA graph modes without full graphs of decode batches. */
const WITHOUT_FULL_GRAPHS: ReadonlySet<string> = new Set(['NONE', 'PIECEWISE']);

function capturesFullGraphs(facts: RuleFacts): boolean {
  const mode = facts.read.object('compilation-config')?.['cudagraph_mode'];
  return facts.context.settings?.enforceEager === false && !(typeof mode === 'string' && WITHOUT_FULL_GRAPHS.has(mode));
}

const stateOfEach: Rule = {
  code: 'mamba-seqs',
  check(facts): FindingParts | null {
    const { model, report } = facts.context;
    const blocks = report?.kvCache.blocks;
    if (!model || !report || !blocks || !hasStateLayers(model) || !capturesFullGraphs(facts)) return null;
    const requests = report.settings.maxNumSeqs;
    // Fewer than one block is the start-up's own verdict.
    const most = Math.floor(blocks.low);
    if (most < 1 || requests <= blocks.high) return null;
    return {
      keys: ['max-num-seqs', 'gpu-memory-utilization', 'model'],
      message: `Each of ${formatCount(requests)} requests needs a block for its state, and the KV cache has ${formatCount(blocks.value)}.`,
      vllmMessage:
        `max_num_seqs (${requests}) exceeds available Mamba cache blocks (${Math.floor(blocks.value)}). Each decode sequence requires one Mamba ` +
        `cache block, so CUDA graph capture cannot proceed. Please lower max_num_seqs to at most ${Math.floor(blocks.value)} or increase ` +
        'gpu_memory_utilization.',
      fixes: [setFix('max-num-seqs', most)],
    };
  },
};

export const HYBRID: readonly Rule[] = [conflict, managerOff, stateBlocks, stateOfEach];
