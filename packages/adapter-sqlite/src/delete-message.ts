import type { EffectStatements } from "./effect-statements.ts";
import { namedIn } from "./named-in.ts";
import type { WriteStatements } from "./write-statements.ts";

/** Overwrites a message's content here and now; who has reacted, which may be many, is taken out in small steps. */
export function deleteMessage({ effects, insertPurge }: WriteStatements, conversation: number, seq: number): void {
  const mentions = effects.mentionsOf.one(conversation, seq)?.mentions ?? null;
  if (mentions !== null) unmention(effects, conversation, seq, mentions);
  effects.blankEvent.run(conversation, seq);
  effects.blankEdits.run(conversation, seq);
  effects.clearState.run(conversation, seq);
  if (effects.deleteCounts.run(conversation, seq).changes > 0) insertPurge.run(conversation, seq);
}

/** Whoever a message names is named no longer. */
export function unmention(effects: EffectStatements, conversation: number, seq: number, mentions: string): void {
  const named = namedIn(mentions);
  if (named === "all") effects.deleteMentionOfAll.run(conversation, seq);
  else for (const user of named) effects.deleteMention.run(conversation, user, seq);
}
