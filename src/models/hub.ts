import type { HubStore } from './hubStore';
import type { ModelFacts } from './source';
import { factsFromJson } from './source';

/** How the Hub is reached. */
export interface HubAccess {
  /** HF_ENDPOINT or the public address, without a trailing slash. */
  readonly endpoint: string;
  /** Access token for gated and private models; asked for at each fetch, so that a new one counts at once. */
  readonly token: () => Promise<string | null>;
  /** Longest wait for one request, milliseconds. */
  readonly timeoutMs: number;
  readonly fetch: typeof fetch;
}

export type HubAnswer = { readonly facts: ModelFacts } | { readonly problem: string };

/** Public address of the Hub (huggingface_hub `constants.py`). */
export const PUBLIC_HUB = 'https://huggingface.co';
/** Longest wait for one request where nothing else is said. */
export const HUB_TIMEOUT_MS = 15_000;

/** The Hugging Face Hub, or a mirror of it: config and weight headers of a model, kept on disk with their revision. */
export class HubSource {
  constructor(
    private readonly access: HubAccess,
    private readonly store: HubStore,
  ) {}

  /** What an earlier fetch found; null when there is nothing kept for this model and revision. No network. */
  async kept(id: string, revision: string | null): Promise<{ readonly facts: ModelFacts } | null> {
    const kept = await this.store.read(this.access.endpoint, id, revision);
    return kept ? { facts: factsFromJson(kept.facts) } : null;
  }

  /** Asks the Hub and keeps the answer. Problems say what happened and what to do; rejects only when aborted. */
  async fetch(id: string, revision: string | null, signal?: AbortSignal): Promise<HubAnswer> {
    const { download, explain } = await import('./hubDownload');
    try {
      const kept = await download(id, revision, this.access, signal);
      await this.store.write(this.access.endpoint, id, revision, kept);
      return { facts: factsFromJson(kept.facts) };
    } catch (error) {
      signal?.throwIfAborted();
      return { problem: explain(error, id, this.access) };
    }
  }
}
