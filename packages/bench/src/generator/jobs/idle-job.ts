import { conversationName, conversationsOf, userName } from "../../population.ts";
import { type Figures, VoidRun } from "../../scenario.ts";
import { connectMembers } from "../members/connect-member.ts";
import type { IdleTask } from "../task.ts";

/** Connects the users of the task, who stay. Rejects with `VoidRun` when one does not get in, or does not stay so long. */
export async function runIdle({ target, population, from, to }: IdleTask): Promise<Figures> {
  let trouble: string | null = null;
  const note = (why: string): void => {
    trouble ??= why;
  };
  const own = conversationsOf(population).slice(from, to);
  const members = await connectMembers(
    target.dialect,
    own.map(([conversation = 0], place) => ({
      port: target.port,
      index: from + place,
      user: userName(from + place),
      conversation: conversationName(conversation),
    })),
    { onDelivery: () => note("a message came"), onAnswer: () => note("an answer came"), onTrouble: note },
  );
  if (trouble !== null) throw new VoidRun(trouble);
  return { connections: members.length };
}
