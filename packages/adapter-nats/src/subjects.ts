import type { Topic } from "@earshot/core";
import { ChatError } from "@earshot/protocol";

const NAMESPACE = /^[A-Za-z0-9_-]{1,64}$/;

/** What of an id stands in a subject as it is. */
const PLAIN = /[A-Za-z0-9_-]/;

/**
 * Any text as one token of a subject or of a key: letters, digits, `_` and `-` stay, everything else becomes `=` with
 * two hex digits, or `==` with four (one code unit). So no id can hold a wildcard (`*`, `>`), a separator (`.`) or
 * white space, no two ids are one token, and none is empty.
 */
export function encodeToken(text: string): string {
  if (text === "") return "=";
  let token = "";
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    token += PLAIN.test(character) ? character : escaped(text.charCodeAt(at));
  }
  return token;
}

/** The text that `encodeToken` made this token of. */
export function decodeToken(token: string): string {
  if (token === "=") return "";
  return token.replace(/==([0-9a-f]{4})|=([0-9a-f]{2})/g, (_, wide: string | undefined, narrow: string | undefined) =>
    String.fromCharCode(Number.parseInt(wide ?? narrow ?? "", 16)),
  );
}

function escaped(code: number): string {
  return code < 256 ? `=${code.toString(16).padStart(2, "0")}` : `==${code.toString(16).padStart(4, "0")}`;
}

/** The namespace, which stands in names of subjects, streams and buckets as it is. Throws `invalid` for what cannot. */
export function requireNamespace(namespace: string): string {
  if (NAMESPACE.test(namespace)) return namespace;
  throw new ChatError("invalid", "unable to use namespace; it is 1 to 64 letters, digits, _ and -");
}

/** Every subject of one namespace, and nowhere else. All begin with `earshot.<namespace>.`. */
export class Subjects {
  readonly #prefix: string;
  /** To every node, whatever it listens to. */
  readonly all: string;
  /** Of the JetStream bus, which has one for everything. */
  readonly log: string;

  constructor(namespace: string) {
    this.#prefix = `earshot.${requireNamespace(namespace)}`;
    this.all = `${this.#prefix}.all`;
    this.log = `${this.#prefix}.log`;
  }

  topic(topic: Topic): string {
    if (topic === "nodes") return `${this.#prefix}.nodes`;
    return `${this.#prefix}.${topic.slice(0, 1)}.${encodeToken(topic.slice(2))}`;
  }

  /** What one end sends to itself. */
  beacon(end: string): string {
    return `${this.#prefix}.beacon.${encodeToken(end)}`;
  }
}
