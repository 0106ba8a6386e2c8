import type { EffectStatements } from "./effect-statements.ts";

/** Takes back all that a user has reacted to a message. Whether there was anything. */
export function takeReactions(effects: EffectStatements, conversation: number, message: number, user: string): boolean {
  const taken = effects.unreactAll.all(conversation, message, user);
  for (const { key } of taken) countDown(effects, conversation, message, key);
  return taken.length > 0;
}

/** One reaction less under that key. */
export function countDown(effects: EffectStatements, conversation: number, message: number, key: string): void {
  if (effects.countDown.one(conversation, message, key)?.count !== 0) return;
  effects.deleteCount.run(conversation, message, key);
  effects.addKeys.run(conversation, message, -1);
}
