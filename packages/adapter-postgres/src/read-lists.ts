import type { ConversationSettings, Membership, Retention, Revocations } from "@earshot/core";
import {
  type Body,
  type ConversationId,
  type ConversationKind,
  type Mode,
  parseJson,
  type UserId,
} from "@earshot/protocol";
import { EPOCH } from "./lock-heads.ts";
import { roleOf } from "./ranks.ts";
import type { SpansRecord } from "./records.ts";
import { spansOf } from "./spans-of.ts";
import type { Transaction } from "./transaction.ts";

const SETTINGS = `SELECT ${EPOCH}, c.kind, h.mode, c.title, c.meta, c.open, h.slow, c.pinned, c.retention,
    c.settings_version, h.members, h.members_version
  FROM (SELECT * FROM @heads WHERE id = $1) h
  CROSS JOIN LATERAL (SELECT * FROM @conversations WHERE number = h.conversation LIMIT 1) c`;
const REVOCATIONS = "SELECT user_id, mark FROM @revocations WHERE mark > $1::bigint ORDER BY mark LIMIT $2";
const CONVERSATIONS = `SELECT id, retention FROM @conversations WHERE id > $1::text AND NOT removed ORDER BY id LIMIT $2`;
/** From the user's side: by id would be quick to begin with, and look through everybody's. */
const MEMBERSHIPS = `SELECT c.id, m.rank, m.since, m.past, c.whole_history, h.first
  FROM (SELECT * FROM @members WHERE user_id = $1 OFFSET 0) m
  CROSS JOIN LATERAL (SELECT first FROM @heads WHERE conversation = m.conversation LIMIT 1) h
  CROSS JOIN LATERAL (SELECT * FROM @conversations WHERE number = m.conversation LIMIT 1) c
  WHERE c.id > $2::text ORDER BY c.id LIMIT $3`;
const BLOCKED = `SELECT EXISTS (SELECT 1 FROM @blocks WHERE user_id = $1 AND other = w.other)
    OR EXISTS (SELECT 1 FROM @blocks WHERE user_id = w.other AND other = $1) AS yes
  FROM unnest($2::text[]) WITH ORDINALITY AS w(other, n) ORDER BY w.n`;

interface SettingsRecord {
  readonly epoch: string;
  readonly kind: ConversationKind;
  readonly mode: Mode;
  readonly title: string | null;
  readonly meta: string | null;
  readonly open: boolean;
  readonly slow: number;
  readonly pinned: string;
  readonly retention: string | null;
  readonly settings_version: number;
  readonly members: number;
  readonly members_version: number;
}

export async function readSettings(
  transaction: Transaction,
  conversation: ConversationId,
): Promise<ConversationSettings | null> {
  const row = await transaction.one<SettingsRecord>(SETTINGS, [conversation]);
  if (row === undefined) return null;
  const { settings_version: settingsVersion, members_version: membersVersion, pinned, ...rest } = row;
  const meta = row.meta === null ? null : (parseJson(row.meta) as Body);
  const retention = retentionOf(row.retention);
  return { ...rest, meta, pinned: JSON.parse(pinned) as readonly number[], retention, settingsVersion, membersVersion };
}

export async function readRevocations(transaction: Transaction, after: number, limit: number): Promise<Revocations> {
  type Row = { readonly user_id: string; readonly mark: number };
  const rows = await transaction.all<Row>(REVOCATIONS, [after, limit + 1]);
  const taken = rows.slice(0, limit);
  const revoked = taken.map(({ user_id: user, mark }) => [user, mark] as const);
  return { revoked, mark: taken.at(-1)?.mark ?? after, more: rows.length > limit };
}

export async function readConversations(
  transaction: Transaction,
  after: ConversationId | null,
  limit: number,
): Promise<readonly { readonly conversation: ConversationId; readonly retention: Retention | null }[]> {
  type Row = { readonly id: string; readonly retention: string | null };
  const rows = await transaction.all<Row>(CONVERSATIONS, [after ?? "", limit]);
  return rows.map(({ id, retention }) => ({ conversation: id, retention: retentionOf(retention) }));
}

export async function readMemberships(
  transaction: Transaction,
  user: UserId,
  after: ConversationId | null,
  limit: number,
): Promise<readonly Membership[]> {
  const rows = await transaction.all<SpansRecord & { readonly id: string }>(MEMBERSHIPS, [user, after ?? "", limit]);
  return rows.map((row) => {
    const { id, rank } = row;
    return { conversation: id, role: rank === null ? null : roleOf(rank), spans: spansOf(row) };
  });
}

export async function readBlocked(
  transaction: Transaction,
  user: UserId,
  others: readonly UserId[],
): Promise<readonly boolean[]> {
  const rows = await transaction.all<{ readonly yes: boolean }>(BLOCKED, [user, others]);
  return rows.map(({ yes }) => yes);
}

function retentionOf(text: string | null): Retention | null {
  return text === null ? null : (JSON.parse(text) as Retention);
}
