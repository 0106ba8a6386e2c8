import type { IncomingMessage, ServerResponse } from "node:http";
import { isChatError } from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { FetchHandler } from "./fetch-handler.ts";
import { type NodeRequestParts, toRequest } from "./node-request.ts";
import { problem } from "./problem-details.ts";

/** Asks the engine what a Node request is answered with. Rejects with what nobody foresaw. */
export async function answer(
  chat: FetchHandler,
  incoming: IncomingMessage,
  parts: Omit<NodeRequestParts, "signal"> & { readonly base: string; readonly outgoing: ServerResponse },
): Promise<Response> {
  const { outgoing, base } = parts;
  outgoing.once("finish", () => discardRest(incoming));
  let request: Request;
  try {
    request = toRequest(incoming, { ...parts, signal: goneSignal(incoming, outgoing) });
  } catch (error) {
    if (isChatError(error)) return problem(error);
    throw error;
  }
  return chat.fetch(request, { address: incoming.socket.remoteAddress ?? "", base });
}

/** Aborts when the client goes before it has its answer. */
function goneSignal(incoming: IncomingMessage, outgoing: ServerResponse): AbortSignal {
  const gone = new AbortController();
  if (outgoing.destroyed) gone.abort();
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  // HTTP/2 ends and finishes every response that its client has left, and tells of it here.
  incoming.once("aborted", () => gone.abort());
  return gone.signal;
}

/** A body that was refused unread would keep the connection from its next request. */
function discardRest(incoming: IncomingMessage): void {
  if (incoming.readableEnded || incoming.destroyed) return;
  let left = FIXED_LIMITS.unwantedBodyBytesMax;
  incoming.on("data", (chunk: Uint8Array | string) => {
    left -= chunk.length;
    if (left < 0) incoming.destroy();
  });
}
