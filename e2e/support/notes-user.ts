import { once } from "node:events";
import { WebSocket as WsClient } from "ws";

/** What of the installed client is used. */
interface Client {
  readonly ChatClient: new (
    options: object,
  ) => {
    conversation(id: string): {
      join(): Promise<unknown>;
      send(body: { text: string }): { readonly sent: Promise<{ readonly seq: number }> };
      messages(): {
        readonly current: { readonly items: readonly { readonly kind: string; readonly body: { text?: string } }[] };
        subscribe(listener: () => void): () => void;
      };
    };
    close(): Promise<void>;
  };
}

/** The listener that the client hands a transport. */
interface Listener {
  onOpen(): void;
  onText(text: string): void;
  onClose(code: number): void;
}

/** Somebody who is logged in to an example app, without a browser. */
export class NotesUser {
  readonly #url: string;
  readonly #cookie: string;

  private constructor(url: string, cookie: string) {
    this.#url = url;
    this.#cookie = cookie;
  }

  static async logIn(url: string, name: string): Promise<NotesUser> {
    const body = new URLSearchParams({ name });
    const answer = await fetch(`${url}/login`, { method: "POST", body, redirect: "manual" });
    const cookie = answer.headers.getSetCookie()[0]?.split(";")[0];
    if (answer.status !== 303 || cookie === undefined) throw new Error(`${name} cannot log in: ${answer.status}`);
    return new NotesUser(url, cookie);
  }

  /** A call of the app's own. */
  async call(method: string, path: string, body?: object): Promise<{ status: number; headers: Headers; text: string }> {
    const answer = await fetch(this.#url + path, {
      method,
      headers: { cookie: this.#cookie, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }

  /** The app's own WebSocket, with what it has told so far. */
  async live(): Promise<{ readonly socket: WsClient; readonly told: string[] }> {
    const socket = new WsClient(`${this.#url.replace("http", "ws")}/live`);
    const told: string[] = [];
    socket.on("message", (content: Buffer) => told.push(content.toString()));
    await once(socket, "open");
    return { socket, told };
  }

  /** A client that shows who it is as the app wants it: by a token of the app's, or by its cookie as a page would. */
  chat({ ChatClient }: Client, by: "token" | "cookie"): InstanceType<Client["ChatClient"]> {
    const url = `${this.#url}/chat`;
    if (by === "token") {
      const token = async () => (JSON.parse((await this.call("GET", "/chat-token")).text) as { token: string }).token;
      return new ChatClient({ url, token });
    }
    const headers = { cookie: this.#cookie, origin: this.#url };
    return new ChatClient({
      url,
      token: () => null,
      fetch: (input: string, init: RequestInit = {}) => {
        const merged = new Headers(init.headers);
        for (const [name, value] of Object.entries(headers)) merged.set(name, value);
        return fetch(input, { ...init, headers: merged });
      },
      transport: (address: string, listener: Listener) => {
        const socket = new WsClient(address, ["earshot.v1"], { headers });
        socket.on("open", () => listener.onOpen());
        socket.on("message", (content: Buffer) => listener.onText(content.toString()));
        socket.on("close", (code) => listener.onClose(code));
        socket.on("error", () => {});
        return { send: (text: string) => socket.send(text, () => {}), close: (code: number) => socket.close(code) };
      },
    });
  }
}
