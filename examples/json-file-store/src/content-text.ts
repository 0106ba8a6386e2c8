import { createHash } from "node:crypto";
import { ChatError } from "@earshot/core";
import { parseJson } from "@earshot/protocol";
import type { Content, Conversation } from "./content.ts";

const FORMAT = 1;
const WHOLE = /^\{"format":1,"sha256":"([0-9a-f]{64})","content":(.*)\}$/s;

/** The file's text: JSON, with a checksum of `content` as it is written. */
export function textOf(content: Content): string {
  const text = JSON.stringify({
    ...content,
    conversations: [...content.conversations.values()].map((conversation) => ({
      ...conversation,
      members: [...conversation.members],
      former: [...conversation.former],
      writers: [...conversation.writers],
      banned: [...conversation.banned],
      keys: [...conversation.keys],
      slots: [...conversation.slots],
      lastMessages: [...conversation.lastMessages],
    })),
    removed: [...content.removed],
    gone: [...content.gone].map(([user, lost]) => [user, [...lost]]),
    blocks: [...content.blocks].map(([user, others]) => [user, [...others]]),
    revocations: [...content.revocations],
    leases: [...content.leases],
    positions: [...content.positions],
    settings: [...content.settings],
  });
  return `{"format":${FORMAT},"sha256":"${sha256(text)}","content":${text}}`;
}

/** Rejects what is not whole, or of a newer format, in one sentence. */
export function contentOf(text: string): Content {
  const [, sum, inner = ""] = WHOLE.exec(text) ?? [];
  if (sum !== undefined && sum === sha256(inner)) return revived(parseJson(inner) as Written);
  const format = formatOf(text);
  if (format !== null && format > FORMAT) {
    throw new ChatError(
      "invalid",
      `unable to open store; the file is of format ${format}, and this version reads up to ${FORMAT}`,
    );
  }
  throw new ChatError("invalid", "unable to open store; the file is damaged, or no message store");
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function formatOf(text: string): number | null {
  try {
    const whole = parseJson(text);
    const format = typeof whole === "object" && whole !== null && "format" in whole ? whole.format : null;
    return typeof format === "number" ? format : null;
  } catch {
    return null;
  }
}

type Entries<Values> = Values extends Map<infer Key, infer Value> ? [Key, Value][] : never;
type Members<Values> = Values extends Set<infer Value> ? Value[] : never;

/** A conversation as JSON has it: maps and sets are arrays, since any id, `__proto__` too, may be a key. */
type WrittenConversation = {
  [Field in keyof Conversation]: Conversation[Field] extends Map<unknown, unknown>
    ? Entries<Conversation[Field]>
    : Conversation[Field] extends Set<unknown>
      ? Members<Conversation[Field]>
      : Conversation[Field];
};

interface Written {
  readonly store: string;
  readonly tick: number;
  readonly conversations: readonly WrittenConversation[];
  readonly removed: Entries<Content["removed"]>;
  readonly gone: [string, [string, number][]][];
  readonly blocks: [string, string[]][];
  readonly revocations: Entries<Content["revocations"]>;
  readonly leases: Entries<Content["leases"]>;
  readonly positions: Entries<Content["positions"]>;
  readonly settings: Entries<Content["settings"]>;
}

function revived(written: Written): Content {
  return {
    ...written,
    conversations: new Map(
      written.conversations.map((conversation): [string, Conversation] => [
        conversation.id,
        {
          ...conversation,
          members: new Map(conversation.members),
          former: new Map(conversation.former),
          writers: new Set(conversation.writers),
          banned: new Set(conversation.banned),
          keys: new Map(conversation.keys),
          slots: new Map(conversation.slots),
          lastMessages: new Map(conversation.lastMessages),
        },
      ]),
    ),
    removed: new Map(written.removed),
    gone: new Map(written.gone.map(([user, lost]) => [user, new Map(lost)])),
    blocks: new Map(written.blocks.map(([user, others]) => [user, new Set(others)])),
    revocations: new Map(written.revocations),
    leases: new Map(written.leases),
    positions: new Map(written.positions),
    settings: new Map(written.settings),
  };
}
