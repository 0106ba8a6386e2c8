import { join } from "node:path";
// eslint-disable-next-line @typescript-eslint/no-restricted-imports -- through the front door 50,000 messages would take minutes
import { sqliteStore } from "@earshot/adapter-sqlite";

/** As many as a store takes at once. */
const BATCH = 500;

export interface SeededConversation {
  readonly conversation: string;
  readonly members: readonly [author: string, other: string];
  readonly messages: number;
  readonly textOf: (number: number) => string;
}

/** Writes a long conversation straight into the file of a server that does not run; the two write by turns, in runs of five. */
export async function seedConversation(dataDir: string, seed: SeededConversation): Promise<void> {
  const { conversation, members, messages, textOf } = seed;
  const store = sqliteStore(join(dataDir, "chat.db"));
  await store.open();
  const start = Date.now() - messages * 30_000;
  await store.create({
    id: conversation,
    kind: "group",
    mode: "push",
    epoch: "seeded",
    creator: members[0],
    at: start,
    title: "Long",
    meta: null,
    open: false,
    wholeHistory: false,
    members: [
      [members[0], "owner"],
      [members[1], "member"],
    ],
    first: [
      {
        type: "meta",
        body: {
          kind: "group",
          mode: "push",
          title: "Long",
          members: [
            [members[0], "owner"],
            [members[1], "member"],
          ],
        },
      },
    ],
  });
  for (let done = 0; done < messages; done += BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, messages - done) }, (_, at) => done + at + 1);
    await store.append(
      numbers.map((number) => ({
        conversation,
        user: members[Math.floor(number / 5) % 2] ?? members[0],
        at: start + number * 30_000,
        type: "message" as const,
        body: { text: textOf(number) },
        key: { id: `seed-${number}`, hash: `seed-${number}` },
        by: ["owner" as const, "member" as const],
      })),
    );
  }
  await store.close();
}
