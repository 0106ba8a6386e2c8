import { createRequire } from "node:module";
import { ChatError } from "@earshot/protocol";
import type * as jose from "jose";

export type Jose = typeof jose;

/** jose, which is an optional peer. Throws `invalid`, saying what to install, where it is missing. */
export function loadJose(load: (name: string) => unknown = createRequire(import.meta.url)): Jose {
  try {
    return load("jose") as Jose;
  } catch (cause) {
    throw new ChatError("invalid", "unable to build jwtAuth; the package jose is not installed: npm install jose@6", {
      cause,
    });
  }
}
