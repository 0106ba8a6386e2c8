import { type Definition, isUserId, type UserId } from "@earshot/protocol";
import { ChatEngine, houseOf } from "../chat-engine.ts";
import type { ChatEngineOptions } from "../options.ts";
import type { Clock } from "../ports/clock.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { systemClock } from "../system/system-clock.ts";
import { type InProcessTransport, inProcessTransport } from "./in-process-transport.ts";

/** Options of a `ChatClient` that talks to an engine in the same process. */
export interface TestClientOptions {
  readonly url: string;
  readonly token: () => string;
  readonly transport: InProcessTransport;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

/** An application's chat without a network, a file or a port. */
export interface TestChat<D extends Definition = Definition> extends AsyncDisposable {
  readonly chat: ChatEngine<D>;
  /** For a client that is this user: `new ChatClient(test.client("alice"))`. */
  client(user: UserId): TestClientOptions;
  /** One call of the HTTP API as this user: `test.call("alice", "GET", "/conversations")`. */
  call(user: UserId, method: string, path: string, body?: unknown): Promise<Response>;
  close(): Promise<void>;
}

/**
 * A real, started engine for an application's own tests of its hooks, its `authorize`, its definition, and of what it
 * builds on the client. Whatever option is not given: a memory store, and a token is the id of its user. Pass a
 * `ManualClock` as `clock` to move time by hand, for the engine and its clients alike; otherwise time passes. Close the
 * clients first.
 *
 * ```ts
 * await using test = await createTestChat({ definition });
 * test.chat.before("send", noProfanity);
 * const alice = new ChatClient(test.client("alice"));
 * ```
 */
export async function createTestChat<D extends Definition = Definition>(
  options: Partial<ChatEngineOptions<D>> = {},
): Promise<TestChat<D>> {
  const { clock = systemClock } = options;
  const chat = new ChatEngine<D>({
    store: memoryStore({ clock }),
    authenticate: ({ token }) => (isUserId(token) ? { user: token } : null),
    ...options,
  });
  await chat.start();
  const { accept, closedBecause } = houseOf(chat as unknown as ChatEngine);
  const transport = inProcessTransport({ clock, accept, closedBecause });
  const close = () => chat.close();
  return {
    chat,
    client: (user) => ({
      url: BASE,
      token: () => user,
      transport,
      fetch: (input, init) => chat.fetch(new Request(input, init), { base: PATH }),
      clock,
    }),
    call: (user, method, path, body) => {
      const headers = { authorization: `Bearer ${user}` };
      const init = body === undefined ? {} : { body: JSON.stringify(body) };
      return chat.fetch(new Request(`${BASE}${path}`, { method, headers, ...init }), { base: PATH });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

const PATH = "/chat";
const BASE = `http://test.invalid${PATH}`;
