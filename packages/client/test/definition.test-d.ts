import { type Body, defineChat, type StandardSchema } from "@earshot/protocol";
import type { ChatClient, Message } from "../src/index.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

declare function schemaOf<T>(): StandardSchema<T, T>;

const definition = defineChat({
  message: schemaOf<{ text: string; image?: string | undefined }>(),
  meta: schemaOf<{ topic: string }>(),
  events: { "x-poll": schemaOf<{ options: string[] }>() },
});

declare const chat: ChatClient<typeof definition>;
declare const plain: ChatClient;
const conversation = chat.conversation("c1");
const anything = plain.conversation("c1");

conversation.send({ text: "hi" });
conversation.send({ text: "hi", image: "a.png" }, { re: 17, mentions: "all" });
conversation.send({ options: ["yes", "no"] }, { type: "x-poll" });
conversation.edit(17, { text: "hello" });
void conversation.update({ meta: { topic: "lunch" } });
void chat.create({ kind: "group", meta: { topic: "lunch" } });
anything.send({ whatever: 1 });
anything.send({ whatever: 1 }, { type: "x-anything" });

// @ts-expect-error a body that is none
conversation.send({ txt: "hi" });
// @ts-expect-error a field of another type
conversation.edit(17, { text: 17 });
// @ts-expect-error a type that the definition does not name
conversation.send({ options: [] }, { type: "x-other" });
// @ts-expect-error a body of another type
conversation.send({ text: "hi" }, { type: "x-poll" });
// @ts-expect-error meta that is none
void chat.create({ kind: "group", meta: { subject: "lunch" } });
// @ts-expect-error edits have a call of their own
conversation.send({ text: "hi" }, { type: "edit", re: 17 });

/** What an application does with a message: a deleted one has no text. */
export function textOf(message: Message<{ text: string }>): string {
  // @ts-expect-error it may be deleted
  const trap: string = message.body.text.trim();
  return message.deleted ? trap : message.body.text;
}

export const proof: {
  readonly items: Equal<
    Extract<
      ReturnType<typeof conversation.messages>["current"]["items"][number],
      { kind: "message"; deleted?: never }
    >["body"],
    { text: string; image?: string | undefined } & Body
  >;
  readonly meta: Equal<NonNullable<(typeof chat.inbox.current.rows)[number]["meta"]>, { topic: string } & Body>;
  readonly plain: Equal<Message["body"], Body>;
} = { items: true, meta: true, plain: true };
