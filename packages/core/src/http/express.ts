import type { IncomingMessage, ServerResponse } from "node:http";
import { toRequest, writeResponse } from "./node-request.ts";

/** What the router needs of the engine. */
export interface FetchHandler {
  fetch(request: Request, context: { readonly address?: string; readonly base?: string }): Promise<Response>;
}

/** Express' request, in what is used of it: 4.18 and 5 alike. */
type ExpressRequest = IncomingMessage & { readonly body?: unknown };

/**
 * The HTTP API as Express middleware: `app.use("/chat", chatRouter(chat))`. Takes a body that was
 * parsed already, or reads it itself. Answers every path below its mount. Upgrades are
 * `chat.attach(server, { path: "/chat" })`.
 */
export function chatRouter(
  chat: FetchHandler,
): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void {
  const answer = async (request: ExpressRequest, response: ServerResponse): Promise<void> => {
    const address = request.socket.remoteAddress ?? "";
    const asked = toRequest(request, request.url ?? "/", request.body);
    await writeResponse(await chat.fetch(asked, { address, base: "" }), response);
  };
  return (request, response, next) => {
    answer(request, response).catch(next);
  };
}
