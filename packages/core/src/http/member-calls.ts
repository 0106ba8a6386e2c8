import { ChatError, LIMITS } from "@earshot/protocol";
import type { Commands } from "../ports/commands.ts";
import { type Call, changed, conversationOf, json, noContent, userOf } from "./call.ts";
import { readBody, readParameters, readQuery } from "./request-body.ts";
import { listQuery, memberBatch, memberRole, presenceQuery } from "./request-schemas.ts";

/** Calls about who is in a conversation, who may be, and who is there. */

const MEMBERS_LIMIT = 100;

export async function listMembers(commands: Commands, call: Call): Promise<Response> {
  const { cursor, limit } = readQuery(call.url, listQuery);
  const rows = Math.min(limit ?? MEMBERS_LIMIT, LIMITS.pageRowsMax);
  const page = await commands.members(call.by, conversationOf(call), cursor ?? null, rows);
  return json({ members: page.members, cursor: page.cursor, more: page.more });
}

export async function addMembers(commands: Commands, call: Call): Promise<Response> {
  const { members } = await readBody(call.request, memberBatch);
  return changed(await commands.changeMembers(call.by, conversationOf(call), members));
}

/** Of oneself, and without a role, it is to join. */
export async function putMember(commands: Commands, call: Call): Promise<Response> {
  const [c, member] = [conversationOf(call), userOf(call)];
  const { role } = await readBody(call.request, memberRole);
  if (member === call.by.user && role === undefined) return changed(await commands.join(call.by, c));
  return changed(await commands.changeMembers(call.by, c, [[member, role ?? "member"]]));
}

export async function removeMember(commands: Commands, call: Call): Promise<Response> {
  return changed(await commands.changeMembers(call.by, conversationOf(call), [[userOf(call), null]]));
}

export async function ban(commands: Commands, call: Call): Promise<Response> {
  return changed(await commands.ban(call.by, conversationOf(call), userOf(call), true));
}

export async function liftBan(commands: Commands, call: Call): Promise<Response> {
  return changed(await commands.ban(call.by, conversationOf(call), userOf(call), false));
}

export async function block(commands: Commands, call: Call): Promise<Response> {
  await commands.block(call.by, userOf(call), true);
  return noContent();
}

export async function unblock(commands: Commands, call: Call): Promise<Response> {
  await commands.block(call.by, userOf(call), false);
  return noContent();
}

export async function getPresence(commands: Commands, { by, url }: Call): Promise<Response> {
  const asked = { c: url.searchParams.get("c"), user: url.searchParams.getAll("user") };
  const { c, user: users } = readParameters(asked, presenceQuery);
  if (users.length > LIMITS.subscriptionsMax) {
    throw new ChatError("too_large", `unable to read presence; a call may name ${LIMITS.subscriptionsMax} users`);
  }
  return json({ users: await commands.presence(by, c, users) });
}
