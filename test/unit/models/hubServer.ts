import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A repository of the test server: files by path. */
export interface HubRepository {
  readonly sha: string;
  readonly files: Readonly<Record<string, Buffer>>;
  /** Token without which it answers 401, or 403 for a wrong one. */
  readonly gatedBy?: string;
}

/** How the server misbehaves. */
export interface HubTrouble {
  readonly status?: number;
  readonly delayMs?: number;
  /** Sent instead of any JSON. */
  readonly body?: string;
}

/** A loopback server that speaks the paths of the Hugging Face Hub which the product uses. */
export class HubServer {
  trouble: HubTrouble = {};
  /** Every request as "METHOD path", with its range. */
  readonly requests: string[] = [];
  private readonly server: Server;

  constructor(private readonly repositories: Readonly<Record<string, HubRepository>>) {
    this.server = createServer((request, response) => {
      setTimeout(() => this.answer(request, response), this.trouble.delayMs ?? 0);
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    this.requests.push(`${request.method} ${url.pathname}${request.headers.range ? ` ${request.headers.range}` : ''}`);
    if (this.trouble.status !== undefined) return this.send(response, this.trouble.status, JSON.stringify({ error: 'trouble' }));
    if (this.trouble.body !== undefined) return this.send(response, 200, this.trouble.body);
    const api = /^\/api\/models\/([^/]+\/[^/]+)(?:\/(?:revision|tree)\/([^/]+))?/.exec(url.pathname);
    const file = /^\/([^/]+\/[^/]+)\/(?:resolve|raw)\/([^/]+)\/(.+)$/.exec(url.pathname);
    const name = api?.[1] ?? file?.[1] ?? '';
    const repository = this.repositories[name];
    if (!repository) return this.send(response, 404, JSON.stringify({ error: 'Repository not found' }));
    const token = request.headers.authorization;
    if (repository.gatedBy !== undefined && token !== `Bearer ${repository.gatedBy}`) {
      return this.send(response, token === undefined ? 401 : 403, JSON.stringify({ error: 'gated' }));
    }
    if (api && url.pathname.includes('/tree/')) return this.send(response, 200, JSON.stringify(treeOf(repository)));
    if (api) return this.send(response, 200, JSON.stringify(infoOf(name, repository)));
    const bytes = repository.files[decodeURIComponent(file?.[3] ?? '')];
    if (!bytes) return this.send(response, 404, 'Entry not found', { 'x-error-code': 'EntryNotFound' });
    this.sendFile(request, response, bytes);
  }

  private sendFile(request: IncomingMessage, response: ServerResponse, bytes: Buffer): void {
    const range = /bytes=(\d+)-(\d+)?/.exec(request.headers.range ?? '');
    const common = { etag: '"abc"', 'accept-ranges': 'bytes', 'content-type': 'application/octet-stream' };
    if (!range) {
      response.writeHead(200, { ...common, 'content-length': bytes.length });
      response.end(request.method === 'HEAD' ? undefined : bytes);
      return;
    }
    const from = Number(range[1]);
    const to = Math.min(Number(range[2] ?? bytes.length - 1), bytes.length - 1);
    const part = bytes.subarray(from, to + 1);
    response.writeHead(206, { ...common, 'content-length': part.length, 'content-range': `bytes ${from}-${to}/${bytes.length}` });
    response.end(part);
  }

  private send(response: ServerResponse, status: number, body: string, headers: Readonly<Record<string, string>> = {}): void {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body);
  }
}

function infoOf(id: string, { sha, gatedBy }: HubRepository): Readonly<Record<string, unknown>> {
  return {
    _id: '1',
    id,
    modelId: id,
    sha,
    private: false,
    gated: gatedBy === undefined ? false : 'auto',
    downloads: 1,
    likes: 1,
    lastModified: '2026-01-01T00:00:00.000Z',
  };
}

function treeOf({ files }: HubRepository): readonly Readonly<Record<string, unknown>>[] {
  return Object.entries(files).map(([path, bytes]) => ({ type: 'file', oid: 'x', size: bytes.length, path }));
}
