import * as path from 'node:path';
import type { ModelFiles } from './files';

/** Where downloaded models lie on this machine. Absolute folders; the first that holds a model wins. */
export interface CacheFolders {
  readonly huggingFace: readonly string[];
  readonly modelScope: readonly string[];
}

/**
 * The cache folders by the environment: HF_HUB_CACHE, then HF_HOME/hub, then XDG_CACHE_HOME or ~/.cache (huggingface_hub
 * `constants.py`, read at 03333b6); MODELSCOPE_CACHE, then ~/.cache/modelscope (modelscope `utils/file_utils.py`,
 * `get_modelscope_cache_dir` and `get_model_cache_root`, which adds "hub"; releases differ in whether "models" follows).
 */
export function cacheFolders(env: Readonly<Record<string, string | undefined>>, home: string): CacheFolders {
  const cache = env['XDG_CACHE_HOME'] || path.join(home, '.cache');
  const expand = (folder: string): string => (folder.startsWith('~') ? path.join(home, folder.slice(1)) : folder);
  const huggingFace =
    env['HF_HUB_CACHE'] ||
    env['HUGGINGFACE_HUB_CACHE'] ||
    (env['HF_HOME'] ? path.join(env['HF_HOME'], 'hub') : path.join(cache, 'huggingface', 'hub'));
  const modelScope = env['MODELSCOPE_CACHE'] || path.join(cache, 'modelscope');
  return {
    huggingFace: [expand(huggingFace)],
    modelScope: [
      expand(modelScope),
      path.join(expand(modelScope), 'models'),
      path.join(expand(modelScope), 'hub'),
      path.join(expand(modelScope), 'hub', 'models'),
    ],
  };
}

/** A Hub id's parts must be plain names before they become parts of a path. */
const HUB_ID = /^[\w.-]+(?:\/[\w.-]+)?$/;

/** Whether the text has the form of a Hub id ("org/name" or "name"). */
export function isHubId(id: string): boolean {
  return HUB_ID.test(id) && !id.includes('..') && id.length <= 200;
}

/** Ids of the models that the Hugging Face caches hold, in order of name. */
export async function cachedModelIds(files: ModelFiles, caches: CacheFolders): Promise<readonly string[]> {
  const ids = new Set<string>();
  for (const cache of caches.huggingFace) {
    for (const name of await files.list(cache)) {
      const id = /^models--(.+)$/.exec(name)?.[1]?.replace('--', '/');
      if (id !== undefined && isHubId(id)) ids.add(id);
    }
  }
  return [...ids].sort();
}

/** The snapshot folder of a model in the Hugging Face cache: the one `refs/<revision>` names, else the only or last one; null without. */
export async function huggingFaceSnapshot(
  files: ModelFiles,
  caches: CacheFolders,
  id: string,
  revision: string | null,
): Promise<string | null> {
  if (!isHubId(id) || (revision !== null && !/^[\w./-]+$/.test(revision)) || revision?.includes('..') === true) return null;
  for (const cache of caches.huggingFace) {
    const folder = path.join(cache, `models--${id.replace('/', '--')}`);
    if ((await files.kind(folder)) !== 'folder') continue;
    const named = (await files.text(path.join(folder, 'refs', ...(revision ?? 'main').split('/')), 200))?.trim() ?? revision;
    const snapshots = await files.list(path.join(folder, 'snapshots'));
    const wanted = named !== null && snapshots.includes(named) ? named : revision === null ? [...snapshots].sort().at(-1) : undefined;
    if (wanted !== undefined) return path.join(folder, 'snapshots', wanted);
  }
  return null;
}

/** The folder of a model in the ModelScope cache, which writes dots of a name as three underscores; null without. */
export async function modelScopeFolder(files: ModelFiles, caches: CacheFolders, id: string): Promise<string | null> {
  if (!isHubId(id) || !id.includes('/')) return null;
  const [owner = '', name = ''] = id.split('/');
  for (const cache of caches.modelScope) {
    for (const spelled of new Set([name, name.replace(/\./g, '___')])) {
      const folder = path.join(cache, owner, spelled);
      if ((await files.kind(folder)) === 'folder') return folder;
    }
  }
  return null;
}
