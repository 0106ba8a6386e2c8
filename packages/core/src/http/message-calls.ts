import { ChatError, LIMITS, utf8Bytes } from "@earshot/protocol";
import type { Commands } from "../ports/commands.ts";
import { type Call, changed, conversationOf, json, noContent, seqOf } from "./call.ts";
import { readBody, readQuery } from "./request-body.ts";
import { memberState, message, messagesQuery, readMark, receiptsQuery } from "./request-schemas.ts";

/** Calls about what is in a conversation, and how far somebody has it. */

export async function listMessages(commands: Commands, call: Call): Promise<Response> {
  const query = readQuery(call.url, messagesQuery);
  const { t: _, ...page } = await commands.fetch(call.by, { ...query, c: conversationOf(call) });
  return json(page);
}

export async function sendMessage(commands: Commands, call: Call): Promise<Response> {
  const draft = await readBody(call.request, message);
  if (draft.body !== undefined && utf8Bytes(JSON.stringify(draft.body)) > LIMITS.bodyBytesMax) {
    throw new ChatError("too_large", `unable to send message; its body is over ${LIMITS.bodyBytesMax} bytes`);
  }
  const { t: _, ...sent } = await commands.send(call.by, { ...draft, c: conversationOf(call) });
  return json(sent, sent.dup === true ? 200 : 201);
}

export async function pin(commands: Commands, call: Call): Promise<Response> {
  return changed(await commands.pin(call.by, conversationOf(call), seqOf(call), true));
}

export async function unpin(commands: Commands, call: Call): Promise<Response> {
  return changed(await commands.pin(call.by, conversationOf(call), seqOf(call), false));
}

export async function putRead(commands: Commands, call: Call): Promise<Response> {
  const { seq } = await readBody(call.request, readMark, "seq");
  await commands.read(call.by, conversationOf(call), seq);
  return noContent();
}

export async function patchOwnState(commands: Commands, call: Call): Promise<Response> {
  const state = await readBody(call.request, memberState);
  return json(await commands.memberState(call.by, conversationOf(call), state));
}

export async function listReceipts(commands: Commands, call: Call): Promise<Response> {
  const query = readQuery(call.url, receiptsQuery);
  const page = await commands.receipts(call.by, conversationOf(call), query);
  const { seq, delivered, read, users, cursor, more } = page;
  return json({ seq, delivered, read, users, cursor, more });
}
