import { ChatError } from "@earshot/protocol";
import type { Commands } from "../ports/commands.ts";
import { type Call, changed, conversationOf, json, noContent } from "./call.ts";
import { readBody, readQuery } from "./request-body.ts";
import { creation, listQuery, patch } from "./request-schemas.ts";

/** Calls about a conversation as a whole. */

export async function createConversation(commands: Commands, { by, request }: Call): Promise<Response> {
  const { history, ...wanted } = await readBody(request, creation);
  const { row, made } = await commands.create(by, { ...wanted, wholeHistory: history === "all" });
  return json(row, made ? 201 : 200);
}

export async function listConversations(commands: Commands, { by, url }: Call): Promise<Response> {
  const { cursor, limit } = readQuery(url, listQuery);
  return json(await commands.inbox(by, cursor ?? null, limit));
}

export async function getConversation(commands: Commands, call: Call): Promise<Response> {
  const row = await commands.row(call.by, conversationOf(call));
  if (row === null) throw new ChatError("not_found", "unable to read conversation; no such conversation");
  return json(row);
}

export async function patchConversation(commands: Commands, call: Call): Promise<Response> {
  const wanted = await readBody(call.request, patch);
  return changed(await commands.patch(call.by, conversationOf(call), wanted));
}

export async function removeConversation(commands: Commands, call: Call): Promise<Response> {
  await commands.remove(call.by, conversationOf(call));
  return noContent();
}
