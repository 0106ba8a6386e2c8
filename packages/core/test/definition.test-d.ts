import {
  type Body,
  type Definition,
  defineChat,
  type MessageBody,
  type MetaOf,
  type OwnBody,
  type OwnType,
} from "@earshot/protocol";
import * as v from "valibot";
import * as z from "zod";
import type { ChatEngine } from "../src/index.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Fits<A, B> = [A] extends [B] ? true : false;

const byZod = defineChat({
  message: z.object({ text: z.string() }),
  meta: z.object({ topic: z.string().optional() }),
  events: { "x-poll": z.object({ options: z.array(z.string()) }) },
});
const byValibot = defineChat({ message: v.object({ text: v.string() }) });
const empty = defineChat({});

// A schema that makes something else of its input is none that only looks.
// @ts-expect-error
defineChat({ message: z.object({ text: z.string().transform(Number) }) });
// @ts-expect-error
defineChat({ message: z.object({ text: z.string().default("") }) });
// @ts-expect-error
defineChat({ events: { "x-poll": z.object({ at: z.coerce.date() }) } });
// No schema of objects.
// @ts-expect-error
defineChat({ message: z.string() });
// @ts-expect-error
defineChat({ events: { poll: z.object({}) } });

/** Each of these is true. */
export const proof: {
  readonly message: Fits<MessageBody<typeof byZod>, { text: string }>;
  readonly back: Fits<{ text: string }, MessageBody<typeof byZod>>;
  readonly meta: Fits<MetaOf<typeof byZod>, { topic?: string | undefined }>;
  readonly type: Equal<OwnType<typeof byZod>, "x-poll">;
  readonly own: Fits<OwnBody<typeof byZod, "x-poll">, { options: string[] }>;
  readonly valibot: Fits<MessageBody<typeof byValibot>, { text: string }>;
  readonly withoutMeta: Equal<MetaOf<typeof byValibot>, Body>;
  readonly anyType: Equal<OwnType<typeof byValibot>, `x-${string}`>;
  readonly nothing: Equal<MessageBody<typeof empty>, Body>;
  readonly unnamed: Equal<MessageBody<Definition>, Body>;
} = {
  message: true,
  back: true,
  meta: true,
  type: true,
  own: true,
  valibot: true,
  withoutMeta: true,
  anyType: true,
  nothing: true,
  unnamed: true,
};

declare const engine: ChatEngine<typeof byZod>;
declare const plain: ChatEngine;

engine.before("send", (draft) => {
  if (draft.type === "message") {
    const text: string = draft.body.text;
    return { body: { text } };
  }
  const options: readonly string[] = draft.body.options;
  return options.length === 0 ? undefined : { mentions: "all" };
});
engine.before("create", ({ meta }) => void meta?.topic?.trim());
engine.on("event", (event) => {
  if (event.type === "message") void event.body?.text.trim();
  if (event.type === "x-poll") void event.body?.options.length;
});
plain.before("send", (draft) => ({ body: { anything: draft.body["anything"] } }));
// @ts-expect-error a body that is none
engine.before("send", () => ({ body: { txt: "hi" } }));
// @ts-expect-error no such step
engine.before("nothing", () => undefined);
void engine.as("alice").conversation("c1").send({ text: "hi" });
// @ts-expect-error a body that is none
void engine.as("alice").conversation("c1").send({ txt: "hi" });
void plain.as("alice").conversation("c1").send({ anything: 1 });
