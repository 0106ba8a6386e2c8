import { ChatError } from "@earshot/protocol";
import { call, type HttpHost } from "./call.ts";

export interface CallsHost extends Omit<HttpHost, "underWay"> {
  /** Where the API is. Throws a `ChatError` if that is no address. */
  base(): string;
}

/** A call that has a name for it: the method, the path below the API's, what is sent. */
export type Ask = (
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  body?: unknown,
) => Promise<unknown>;

/** The calls of one client, which end with it. */
export class Calls {
  readonly #host: CallsHost;
  readonly #underWay = new Set<(error: ChatError) => void>();
  #closed: ChatError | null = null;

  constructor(host: CallsHost) {
    this.#host = host;
  }

  /** Rejects as `call` does, and with `closed`. */
  readonly ask: Ask = async (method, path, body) => {
    if (this.#closed !== null) throw this.#closed;
    return call({ ...this.#host, underWay: this.#underWay }, method, this.#host.base(), path, body);
  };

  /** One that has nothing to answer. */
  async done(...request: Parameters<Ask>): Promise<void> {
    if ((await this.ask(...request)) !== null) throw unreadable();
  }

  close(error: ChatError): void {
    this.#closed = error;
    for (const end of this.#underWay) end(error);
  }
}

/** What answers is no gateway. */
export function unreadable(): ChatError {
  return new ChatError("internal", "unable to read the answer; it is not the gateway's");
}
