import type { IncomingMessage, ServerResponse } from "node:http";
import { answer } from "./answer.ts";
import type { FetchHandler } from "./fetch-handler.ts";
import { writeResponse } from "./node-response.ts";

export type { FetchHandler };

/** Express' request, in what is used of it: 4.18 and 5 alike. */
type ExpressRequest = IncomingMessage & { readonly body?: unknown };

/**
 * The HTTP API as Express middleware: `app.use("/chat", chatRouter(chat))`. Takes a body that was parsed
 * already, or reads it itself, up to 2 MiB. Answers every path below its mount; what nobody foresaw goes to
 * the host's error handlers. Upgrades are `chat.attach(server, { path: "/chat" })`.
 */
export function chatRouter(
  chat: FetchHandler,
): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void {
  const handle = async (request: ExpressRequest, outgoing: ServerResponse): Promise<void> => {
    // Express has taken the mount off the path.
    const parts = { path: request.url ?? "/", base: "", parsed: request.body, outgoing };
    await writeResponse(await answer(chat, request, parts), outgoing);
  };
  return (request, response, next) => {
    handle(request, response).catch(next);
  };
}
