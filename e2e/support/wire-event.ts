import { newId, type WireClient } from "./wire-client.ts";
import type { Frame } from "./wire-frame.ts";

/** Writes a `send` of any type and awaits its answer, `sent` or `error`. */
export async function send(
  client: WireClient,
  c: string,
  type: string,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<Frame> {
  return await client.ask({ t: "send", id: newId(), c, type, ...fields });
}

export async function edit(client: WireClient, c: string, re: unknown, text: string): Promise<Frame> {
  return await send(client, c, "edit", { re, body: { text } });
}

export async function remove(client: WireClient, c: string, re: unknown): Promise<Frame> {
  return await send(client, c, "delete", { re });
}

export async function react(client: WireClient, c: string, re: unknown, key: string, on = true): Promise<Frame> {
  return await send(client, c, "react", { re, body: { key, on } });
}
