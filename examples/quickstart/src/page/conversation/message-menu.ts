import type { Message } from "@earshot/client";
import { mayManage, mayWrite, type Role } from "../people/rights.ts";
import type { MenuContent, MenuEntry } from "../ui/menu.ts";

/** The reactions that this page offers; others that are there already can be joined. */
const REACTIONS = [
  ["👍", "Thumbs up"],
  ["❤️", "Heart"],
  ["😂", "Laughing"],
  ["🎉", "Celebration"],
  ["😮", "Surprised"],
  ["😢", "Sad"],
] as const;

/** What a menu depends on beside the message. */
export interface MenuScene {
  readonly role: Role;
  readonly pinned: boolean;
  readonly hasReceipts: boolean;
  /** Whether it is shown in its thread already. */
  readonly inThread: boolean;
}

export interface MenuDeeds {
  react(message: Message, key: string): void;
  reply(message: Message): void;
  openThread(seq: number): void;
  copy(message: Message): void;
  edit(message: Message): void;
  pin(message: Message, on: boolean): void;
  showReaders(message: Message): void;
  delete(message: Message): void;
}

/** What can be done with a message by who has this role. */
export function messageMenu(message: Message, scene: MenuScene, deeds: MenuDeeds): MenuContent {
  const { role, pinned, hasReceipts, inThread } = scene;
  const { own, seq, reactions, replies } = message;
  const writes = mayWrite(role);
  const entries: readonly (MenuEntry | false)[] = [
    writes && !inThread && { words: "Reply", icon: "reply", testId: "reply", run: () => deeds.reply(message) },
    seq !== null &&
      !inThread && {
        words: replies > 0 || !writes ? "Open thread" : "Reply in thread",
        icon: "thread",
        testId: "open-thread",
        run: () => deeds.openThread(seq),
      },
    { words: "Copy text", icon: "copy", testId: "copy", run: () => deeds.copy(message) },
    own && writes && { words: "Edit", icon: "edit", testId: "edit", run: () => deeds.edit(message) },
    mayManage(role) && {
      words: pinned ? "Unpin" : "Pin",
      icon: "pin",
      testId: "pin",
      run: () => deeds.pin(message, !pinned),
    },
    own && hasReceipts && { words: "Read by", icon: "ticks", testId: "read-by", run: () => deeds.showReaders(message) },
    ((own && writes) || mayManage(role)) && {
      words: "Delete",
      icon: "remove",
      testId: "delete",
      bad: true,
      run: () => deeds.delete(message),
    },
  ];
  const choices = REACTIONS.map(([text, words]) => {
    const checked = reactions.some((reaction) => reaction.key === text && reaction.mine);
    return { text, words, checked, run: () => deeds.react(message, text) };
  });
  return { label: "Message", choices: writes ? choices : [], entries: entries.filter((entry) => entry !== false) };
}
