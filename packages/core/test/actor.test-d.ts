import { defineChat } from "@earshot/protocol";
import * as z from "zod";
import type { Actor } from "../src/index.ts";

const definition = defineChat({
  message: z.object({ text: z.string() }),
  meta: z.object({ topic: z.string() }),
  events: { "x-poll": z.object({ options: z.array(z.string()) }) },
});

/** What an actor takes under a definition, and without one. Checked, never run. */
export async function proof(defined: Actor<typeof definition>, free: Actor): Promise<void> {
  const c1 = defined.conversation("c1");
  await c1.send({ text: "hello" });
  await c1.send({ text: "hello" }, { re: 2, type: "message" });
  await c1.send({ options: ["a"] }, { type: "x-poll" });
  await c1.edit(2, { text: "hello" });
  await defined.create({ kind: "group", meta: { topic: "lunch" } });
  // @ts-expect-error A message has text.
  await c1.send({ texts: "hello" });
  // @ts-expect-error A poll has options.
  await c1.send({ text: "hello" }, { type: "x-poll" });
  // @ts-expect-error No such type.
  await c1.send({ text: "hello" }, { type: "x-other" });
  // @ts-expect-error An edit is a message's.
  await c1.edit(2, { options: ["a"] });
  // @ts-expect-error The meta has a topic.
  await defined.create({ kind: "group", meta: { title: "lunch" } });

  await free.conversation("c1").send({ anything: 1 });
  await free.conversation("c1").send({ anything: 1 }, { type: "x-whatever" });
  // @ts-expect-error The gateway's own.
  await free.conversation("c1").send({ anything: 1 }, { type: "meta" });
}
