import * as path from 'node:path';
import { cacheFolders } from './caches';
import { loadCatalogue } from './catalogueFile';
import type { JsonObject } from './config/fields';
import { HUB_TIMEOUT_MS, HubSource, PUBLIC_HUB } from './hub';
import { HubStore } from './hubStore';
import type { ModelContext } from './resolve';

/** What a program knows of the place it runs in. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder. */
  readonly home: string;
  /** Where answers of the Hub may be kept; null: the user's cache folder. */
  readonly storage: string | null;
  /** A token from the editor's secret storage; null: HF_TOKEN, if set. */
  readonly token: (() => Promise<string | null>) | null;
}

/** What one resolution is for. */
export interface Occasion {
  readonly baseFolders: readonly string[];
  /** Folders an untrusted workspace is limited to; null when it is trusted. */
  readonly allowedRoots: readonly string[] | null;
  readonly mayFetch: boolean;
  readonly manual?: JsonObject;
  readonly revision?: string | null;
  readonly signal?: AbortSignal;
}

/** Builds the context of a resolution from the environment. In an untrusted workspace neither caches nor the Hub are part of it. */
export function modelContext(surroundings: Surroundings, occasion: Occasion): ModelContext {
  const trusted = occasion.allowedRoots === null;
  return {
    baseFolders: occasion.baseFolders,
    allowedRoots: occasion.allowedRoots,
    caches: trusted ? cacheFolders(surroundings.env, surroundings.home) : null,
    hub: trusted ? hubSource(surroundings) : null,
    mayFetch: trusted && occasion.mayFetch,
    catalogue: loadCatalogue,
    manual: occasion.manual ?? {},
    revision: occasion.revision ?? null,
    ...(occasion.signal ? { signal: occasion.signal } : {}),
  };
}

function hubSource({ env, home, storage, token }: Surroundings): HubSource {
  const endpoint = (env['HF_ENDPOINT'] || PUBLIC_HUB).replace(/\/+$/, '');
  const folder = storage ?? path.join(env['XDG_CACHE_HOME'] || path.join(home, '.cache'), 'vllm-vram-planner');
  const fromEnvironment = env['HF_TOKEN'] || env['HUGGING_FACE_HUB_TOKEN'] || null;
  const access = {
    endpoint,
    token: async () => (await token?.()) ?? fromEnvironment,
    timeoutMs: HUB_TIMEOUT_MS,
    fetch: globalThis.fetch,
  };
  return new HubSource(access, new HubStore(path.join(folder, 'hub')));
}
