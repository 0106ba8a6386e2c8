import type { ServerResponse } from "node:http";

/** What compression middleware adds. */
type Outgoing = ServerResponse & { flush?: () => void };

/**
 * Writes a fetch `Response` to a Node response: a stream of events chunk by chunk, flushed each, at the
 * client's pace, anything else in one piece. A client that goes cancels the body. Where somebody else has
 * answered already nothing is written.
 */
export async function writeResponse(response: Response, outgoing: Outgoing): Promise<void> {
  const { body, headers } = response;
  if (outgoing.destroyed || outgoing.headersSent || outgoing.writableEnded) {
    await body?.cancel();
    return;
  }
  outgoing.statusCode = response.status;
  for (const [name, value] of headers)
    outgoing.setHeader(name, name === "vary" ? varyBy(outgoing.getHeader(name), value) : value);
  if (body === null) outgoing.end();
  else if (outgoing.req.method === "HEAD") {
    await body.cancel();
    outgoing.end();
  } else if (isStream(response)) await pass(body, outgoing);
  else outgoing.end(Buffer.from(await response.arrayBuffer()));
}

/** Whether an answer has no end that is waited for. */
export function isStream({ headers }: Response): boolean {
  return headers.get("content-type")?.startsWith("text/event-stream") === true;
}

/** What the host's middleware has said that answers vary by stays true. */
export function varyBy(already: unknown, value: string): string {
  return already === undefined ? value : `${String(already)}, ${value}`;
}

async function pass(body: ReadableStream<Uint8Array>, outgoing: Outgoing): Promise<void> {
  const reader = body.getReader();
  let wake: () => void = () => {};
  // One listener for all waits: compression takes those for `drain` over to a stream of its own, where none is ever removed.
  outgoing.on("drain", () => wake());
  outgoing.once("close", () => {
    wake();
    reader.cancel().catch(() => {});
  });
  outgoing.flushHeaders();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || outgoing.destroyed) break;
      const fits = outgoing.write(value);
      outgoing.flush?.();
      if (!fits && !outgoing.destroyed) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    outgoing.end();
  } catch {
    // Half a stream must not look like a whole one.
    outgoing.destroy();
  }
}
