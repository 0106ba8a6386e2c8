import { ChatError } from "@earshot/protocol";

export interface NamespaceOptions {
  /** Keeps several engines apart on one Redis: 1 to 64 of `A-Za-z0-9._~-`. The same on every node. Default `default`. */
  readonly namespace?: string;
}

const NAMESPACE = /^[A-Za-z0-9._~-]{1,64}$/;

/** The namespace that was asked for. It becomes part of key names, where braces and blanks would mean something. */
export function namespaceOf(namespace = "default"): string {
  if (NAMESPACE.test(namespace)) return namespace;
  throw new ChatError("invalid", "unable to use Redis; a namespace is 1 to 64 characters of A-Z a-z 0-9 . _ ~ -");
}
