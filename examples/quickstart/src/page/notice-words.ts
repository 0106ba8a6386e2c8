import type { Notice } from "@earshot/client";

/** What happened to a conversation, as a sentence. */
export function noticeWords({ type, from, body, seq }: Notice, user: string): string {
  const who = from === user ? "You" : from;
  const members = Array.isArray(body.members) ? body.members.filter(isMember) : [];
  if (type === "member") return memberWords(who, user, from, members);
  if (seq === 1) {
    const others = members.map(([person]) => person).filter((person) => person !== from);
    const people = others.length === 0 ? "" : ` with ${listOf(others.map((person) => youOr(person, user)))}`;
    return `${who} started the conversation${people}`;
  }
  return typeof body.title === "string" ? `${who} named it “${body.title}”` : `${who} changed the conversation`;
}

type Member = readonly [user: string, role: string | null];

function memberWords(who: string, user: string, from: string, members: readonly Member[]): string {
  const only = members.length === 1 ? members[0] : undefined;
  if (only?.[0] === from) return only[1] === null ? `${who} left` : `${who} joined`;
  const roles = [...new Set(members.map(([, role]) => role))];
  const parts = roles.map((role) => {
    const people = members.filter(([, given]) => given === role).map(([person]) => youOr(person, user));
    if (role === null) return `removed ${listOf(people)}`;
    return `made ${listOf(people)} ${people.length === 1 ? `${aOrAn(role)} ${role}` : `${role}s`}`;
  });
  return `${who} ${parts.join(" and ") || "changed the members"}`;
}

function aOrAn(word: string): string {
  return /^[aeo]/.test(word) ? "an" : "a";
}

function isMember(entry: unknown): entry is Member {
  return Array.isArray(entry) && typeof entry[0] === "string" && (entry[1] === null || typeof entry[1] === "string");
}

function youOr(person: string, user: string): string {
  return person === user ? "you" : person;
}

/** "a", "a and b", "a, b and c", "a, b, c and 4 others" */
function listOf(people: readonly string[]): string {
  const named = people.length > 4 ? [...people.slice(0, 3), `${people.length - 3} others`] : people;
  return named.length < 2 ? (named[0] ?? "") : `${named.slice(0, -1).join(", ")} and ${named.at(-1)}`;
}
