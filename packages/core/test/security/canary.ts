import { inspect } from "node:util";
import type { Logger } from "../../src/ports/logger.ts";
import type { MessageStore } from "../../src/ports/message-store.ts";

/** A text that must never be found where nobody should read it. */
export const CANARY = "CANARY-3d1f77";

/** What a driver's error may carry: the statement, its parameters, and where it happened. */
export function telling(): Error {
  const error = new Error(`insert into messages values ('${CANARY}')\r\nFAKE LOG LINE ${CANARY}`);
  error.stack = `Error: ${CANARY}\n    at secret (/srv/${CANARY}.js:1:1)`;
  return Object.assign(error, { query: CANARY, parameters: [CANARY], detail: CANARY, cause: new Error(CANARY) });
}

/** Keeps every line as a careless logger would print it: all fields, at any depth, with stacks. */
export class NotingLogger implements Logger {
  readonly lines: string[] = [];

  debug = (fields: object, message: string): void => this.#note(fields, message);
  info = (fields: object, message: string): void => this.#note(fields, message);
  warn = (fields: object, message: string): void => this.#note(fields, message);
  error = (fields: object, message: string): void => this.#note(fields, message);

  #note(fields: object, message: string): void {
    this.lines.push(`${message} ${inspect(fields, { depth: 20, showHidden: true })}`);
  }
}

/** A store all of whose calls fail while `failing` says so, by errors that tell everything they know. */
export function tellingStore(store: MessageStore, failing: (method: string) => boolean): MessageStore {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function" || typeof name !== "string") return value;
      return (...given: unknown[]) =>
        failing(name) ? Promise.reject(telling()) : (value as (...given: unknown[]) => unknown).apply(target, given);
    },
  });
}
