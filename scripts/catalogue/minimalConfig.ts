import { isJsonObject } from '../../src/models/config/fields';
import type { JsonObject } from '../../src/models/config/fields';
import { architectureFromConfig } from '../../src/models/hfConfig';

/** Fields every catalogue entry keeps for itself. */
const PER_MODEL: ReadonlySet<string> = new Set(['max_position_embeddings', 'torch_dtype', 'architectures']);
/** Fields whose absence would be read from a class default and noted as an assumption. */
const KEPT: ReadonlySet<string> = new Set(['model_type', 'num_hidden_layers', 'hidden_size', 'vocab_size']);

/**
 * The same config without the fields that change nothing: each is dropped in turn and stays out when the resulting
 * architecture is the same. Longest context and dtype go too; every model states its own.
 */
export function minimalConfig(config: JsonObject): JsonObject {
  const wanted = meaning(config);
  let text = textOf(config);
  const withText = (part: JsonObject): JsonObject => (isJsonObject(config['text_config']) ? { ...config, text_config: part } : part);
  // Lists last to go in are first to go out: short fields that imply them are kept instead.
  const names = Object.keys(text).sort((a, b) => JSON.stringify(text[b]).length - JSON.stringify(text[a]).length);
  for (const name of names) {
    if (KEPT.has(name) || PER_MODEL.has(name)) continue;
    const without = Object.fromEntries(Object.entries(text).filter(([key]) => key !== name));
    if (meaning(withText(without)) === wanted) text = without;
  }
  const kept = Object.fromEntries(
    Object.entries(text).filter(([key]) => !PER_MODEL.has(key) || (key === 'architectures' && text === config)),
  );
  const architectures = config['architectures'];
  const outer = isJsonObject(config['text_config']) ? { ...config, text_config: kept } : kept;
  return architectures === undefined ? outer : { ...outer, architectures };
}

function textOf(config: JsonObject): JsonObject {
  const nested = config['text_config'];
  return isJsonObject(nested) ? nested : config;
}

function meaning(config: JsonObject): string {
  const answer = architectureFromConfig(config);
  return JSON.stringify('problem' in answer ? answer : { architecture: answer.architecture, assumptions: answer.assumptions });
}
