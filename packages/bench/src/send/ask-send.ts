import { join } from "node:path";
import { Child } from "../machine/child.ts";
import type { Metered } from "./meter.ts";
import type { SendRequest } from "./send-request.ts";

const PROGRAM = join(import.meta.dirname, "send-program.ts");

/** One run of send-program.ts, as a process of its own. */
export async function askSend(request: SendRequest): Promise<Metered> {
  const child = new Child(PROGRAM, { core: null });
  try {
    return await child.ask<Metered>(request);
  } finally {
    await child.kill();
  }
}
