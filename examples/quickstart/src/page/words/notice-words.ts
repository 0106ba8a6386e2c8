import type { Notice } from "@earshot/client";
import { listOfPeople, youOr } from "./people-words.ts";

/** What happened to a conversation, as a sentence. */
export function noticeWords({ type, from, body, seq }: Notice, user: string): string {
  const who = from === user ? "You" : from;
  const members = Array.isArray(body.members) ? body.members.filter(isMember) : [];
  if (type === "member") return memberWords(who, user, from, members);
  if (seq === 1) {
    const others = members.map(([person]) => person).filter((person) => person !== from);
    const people = others.length === 0 ? "" : ` with ${listOfPeople(others.map((person) => youOr(person, user)))}`;
    return `${who} started the conversation${people}`;
  }
  return `${who} ${settingWords(body)}`;
}

type Member = readonly [user: string, role: string | null];

function memberWords(who: string, user: string, from: string, members: readonly Member[]): string {
  const only = members.length === 1 ? members[0] : undefined;
  if (only?.[0] === from) return only[1] === null ? `${who} left` : `${who} joined`;
  const roles = [...new Set(members.map(([, role]) => role))];
  const parts = roles.map((role) => {
    const people = members.filter(([, given]) => given === role).map(([person]) => youOr(person, user));
    if (role === null) return `removed ${listOfPeople(people)}`;
    return `made ${listOfPeople(people)} ${people.length === 1 ? `${aOrAn(role)} ${role}` : `${role}s`}`;
  });
  return `${who} ${parts.join(" and ") || "changed the members"}`;
}

function settingWords({ title, open, slow, pinned }: Notice["body"]): string {
  if (typeof title === "string") return `named it “${title}”`;
  if (title === null) return "took its name away";
  if (typeof open === "boolean") return open ? "opened it: anybody with the link may join" : "closed it to newcomers";
  if (typeof slow === "number") {
    return slow === 0 ? "turned slow mode off" : `turned slow mode on: a message every ${slow / 1_000} s`;
  }
  return Array.isArray(pinned) ? "changed the pinned messages" : "changed the conversation";
}

function aOrAn(word: string): string {
  return /^[aeo]/.test(word) ? "an" : "a";
}

function isMember(entry: unknown): entry is Member {
  return Array.isArray(entry) && typeof entry[0] === "string" && (entry[1] === null || typeof entry[1] === "string");
}
