import type { ChangingRows } from "./changing-rows.ts";
import type { Lookups } from "./decide.ts";
import type { WriteStatements } from "./write-statements.ts";

/** The file as the entries before this one have left it. */
export function lookupsIn(statements: WriteStatements, rows: ChangingRows): Lookups {
  const { effects } = statements;
  return {
    isMember: (conversation, user) => (rows.member(conversation, user)?.rank ?? null) !== null,
    isBanned: (conversation, user) => statements.banned.one(conversation, user) !== undefined,
    isOpen: (conversation) => statements.settings.one(conversation)?.open === 1,
    settingsVersion: (conversation) => statements.settings.one(conversation)?.settings_version ?? 0,
    isBlocked: (user, other) => statements.blocked.one(user, other)?.yes === 1,
    target: (conversation, seq) => statements.target.one(conversation, seq),
    lastOf: (conversation, slot) => statements.lastOf.one(conversation, slot)?.last ?? 0,
    keysWith: (conversation, seq, key) => {
      const keys = effects.keyCount.one(conversation, seq)?.keys ?? 0;
      return effects.hasKey.one(conversation, seq, key) === undefined ? keys + 1 : keys;
    },
  };
}
