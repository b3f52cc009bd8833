/** Largest body one request may bring: shard headers reach a few tens of MB, never more than the format's 100 MB. */
const MAX_BODY_BYTES = 110_000_000;

/**
 * `fetch` with a time limit per request, the caller's abort signal and a size limit on every body. A server that ignores
 * the requested range and sends a whole weights file is cut off.
 */
export function boundedFetch(request: typeof fetch, timeoutMs: number, signal?: AbortSignal): typeof fetch {
  return async (input, init) => {
    const signals = [AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : []), ...(init?.signal ? [init.signal] : [])];
    const response = await request(input, { ...init, signal: AbortSignal.any(signals) });
    const length = Number(response.headers.get('content-length') ?? 0);
    if (length > MAX_BODY_BYTES && response.body && init?.method !== 'HEAD') {
      await response.body.cancel();
      throw new Error(`the answer has ${length} bytes, more than a header needs`);
    }
    return response.body ? new Response(response.body.pipeThrough(sizeLimit()), responseInit(response)) : response;
  };
}

function sizeLimit(): TransformStream<Uint8Array, Uint8Array> {
  let received = 0;
  return new TransformStream({
    transform(chunk, controller) {
      received += chunk.byteLength;
      if (received > MAX_BODY_BYTES) controller.error(new Error(`the answer has more than ${MAX_BODY_BYTES} bytes`));
      else controller.enqueue(chunk);
    },
  });
}

function responseInit(response: Response): ResponseInit {
  return { status: response.status, statusText: response.statusText, headers: response.headers };
}
