import type { Run } from "./call.ts";
import {
  createConversation,
  getConversation,
  listConversations,
  patchConversation,
  removeConversation,
} from "./conversation-calls.ts";
import {
  addMembers,
  ban,
  block,
  getPresence,
  liftBan,
  listMembers,
  putMember,
  removeMember,
  unblock,
} from "./member-calls.ts";
import { listMessages, listReceipts, patchOwnState, pin, putRead, sendMessage, unpin } from "./message-calls.ts";
import { notFound } from "./problem-details.ts";

/** Every call: method, path (parts that begin with a colon are variable), and what answers it. */
export const ROUTES: readonly (readonly [method: string, path: string, run: Run])[] = [
  ["POST", "conversations", createConversation],
  ["GET", "conversations", listConversations],
  ["GET", "conversations/:c", getConversation],
  ["PATCH", "conversations/:c", patchConversation],
  ["DELETE", "conversations/:c", removeConversation],

  ["GET", "conversations/:c/members", listMembers],
  ["POST", "conversations/:c/members", addMembers],
  ["PUT", "conversations/:c/members/:user", putMember],
  ["DELETE", "conversations/:c/members/:user", removeMember],
  ["PUT", "conversations/:c/bans/:user", ban],
  ["DELETE", "conversations/:c/bans/:user", liftBan],
  ["PUT", "blocks/:user", block],
  ["DELETE", "blocks/:user", unblock],
  ["GET", "presence", getPresence],

  ["GET", "conversations/:c/messages", listMessages],
  ["POST", "conversations/:c/messages", sendMessage],
  ["PUT", "conversations/:c/pins/:seq", pin],
  ["DELETE", "conversations/:c/pins/:seq", unpin],
  ["PUT", "conversations/:c/read", putRead],
  ["PATCH", "conversations/:c/me", patchOwnState],
  ["GET", "conversations/:c/receipts", listReceipts],
];

const TABLE = ROUTES.map(([method, path, run]) => ({ method, pattern: path.split("/"), run }));

/** What answers a request, and the variable parts of its path, in order. Throws `not_found`. */
export function routeOf(method: string, path: string): readonly [run: Run, parts: readonly string[]] {
  const given = path.split("/").map(decoded);
  for (const { method: wanted, pattern, run } of TABLE) {
    if (wanted !== method || pattern.length !== given.length) continue;
    if (pattern.every((part, index) => isVariable(part) || part === given[index])) {
      return [run, given.filter((_, index) => isVariable(pattern[index]))];
    }
  }
  throw notFound();
}

function isVariable(part: string | undefined): boolean {
  return part?.startsWith(":") === true;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw notFound();
  }
}
