import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { ChatError } from "@earshot/protocol";
import { MOUNT_PATH } from "../options.ts";
import { answer } from "./answer.ts";
import type { FetchHandler } from "./fetch-handler.ts";
import { writeResponse } from "./node-response.ts";
import { notFound, problem } from "./problem-details.ts";

export type { FetchHandler };

export interface NodeHandlerOptions {
  /** Where the chat stands: this path and all below it. Default `/chat`; nothing: everything. */
  readonly path?: string;
  /** Answers all other requests. Default: 404. */
  readonly otherwise?: RequestListener;
}

/**
 * The HTTP API for a server without a framework: `http.createServer(chatHandler(chat, { path: "/chat",
 * otherwise }))`. Upgrades are `chat.attach(server, { path: "/chat" })`. Throws `invalid` for a path that is none.
 */
export function chatHandler(
  chat: FetchHandler,
  { path: base = "/chat", otherwise = notServed }: NodeHandlerOptions = {},
): RequestListener {
  if (!MOUNT_PATH.test(base)) {
    throw new ChatError("invalid", 'unable to mount; option path must be like "/chat", without a slash at its end', {
      details: { field: "path" },
    });
  }
  return (incoming, outgoing) => {
    const path = incoming.url ?? "/";
    if (!isBelow(base, path)) {
      otherwise(incoming, outgoing);
      return;
    }
    // Some frameworks that hand their requests over have parsed them before.
    const { body: parsed } = incoming as IncomingMessage & { readonly body?: unknown };
    answer(chat, incoming, { path, base, parsed, outgoing })
      .catch((error: unknown) => problem(error))
      .then((response) => writeResponse(response, outgoing))
      .catch(() => outgoing.destroy());
  };
}

function isBelow(base: string, path: string): boolean {
  return path.startsWith(base) && /^([/?#]|$)/.test(path.slice(base.length));
}

function notServed(_incoming: IncomingMessage, outgoing: ServerResponse): void {
  void writeResponse(problem(notFound()), outgoing);
}
