import { ChatError } from "@earshot/protocol";

/** PostgreSQL cuts names at 63 bytes; `earshot_` takes 8. */
const PATTERN = /^[a-z][a-z0-9_]{0,54}$/;

/** The schema that a namespace's tables stand in: `earshot` for `default`. Throws `invalid` for what is no namespace. */
export function schemaOf(namespace = "default"): string {
  if (!PATTERN.test(namespace)) {
    throw new ChatError(
      "invalid",
      "unable to use namespace; it is lower-case letters, digits and _, begins with a letter, and has at most 55 characters",
    );
  }
  return namespace === "default" ? "earshot" : `earshot_${namespace}`;
}
