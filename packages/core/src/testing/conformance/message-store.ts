import { isChatError } from "@earshot/protocol";
import { accessCases } from "./message-store/access.ts";
import type { MessageStoreAdapter, WithStore } from "./message-store/adapter-under-test.ts";
import { appendCases } from "./message-store/append.ts";
import { aroundCases } from "./message-store/around.ts";
import { banCases } from "./message-store/bans.ts";
import { blockCases } from "./message-store/blocks.ts";
import { changesCases } from "./message-store/changes.ts";
import { changesOrderCases } from "./message-store/changes-order.ts";
import { changesPagingCases } from "./message-store/changes-paging.ts";
import { checkCases } from "./message-store/checks.ts";
import { concurrencyCases } from "./message-store/concurrency.ts";
import { conversationSettingsCases } from "./message-store/conversation-settings.ts";
import { conversationsCases } from "./message-store/conversations.ts";
import { createCases } from "./message-store/create.ts";
import { crowdCases } from "./message-store/crowd.ts";
import { draftCases } from "./message-store/drafts.ts";
import { editAndDeleteCases } from "./message-store/edit-delete.ts";
import { conversation, message } from "./message-store/entries.ts";
import { eraseCases } from "./message-store/erase.ts";
import { expireCases } from "./message-store/expire.ts";
import { expiredCases } from "./message-store/expired.ts";
import { feedCases } from "./message-store/feed.ts";
import { feedOrderCases } from "./message-store/feed-order.ts";
import { inboxCases } from "./message-store/inbox.ts";
import { inboxPagingCases } from "./message-store/inbox-paging.ts";
import { joinCases } from "./message-store/join.ts";
import { keyCases } from "./message-store/keys.ts";
import { leaseCases } from "./message-store/leases.ts";
import { memberCases } from "./message-store/members.ts";
import { membershipCases } from "./message-store/memberships.ts";
import { mentionCases } from "./message-store/mentions.ts";
import { modeCases } from "./message-store/mode.ts";
import { oddIdCases } from "./message-store/odd-ids.ts";
import { positionCases } from "./message-store/positions.ts";
import { presentViewCases } from "./message-store/present-view.ts";
import { privateStateCases } from "./message-store/private-state.ts";
import { raiseCases } from "./message-store/raise.ts";
import { randomHistoryCases } from "./message-store/random-history.ts";
import { rangeCases } from "./message-store/range.ts";
import { reactionCases } from "./message-store/reactions.ts";
import { readerCases } from "./message-store/readers.ts";
import { receiptCases } from "./message-store/receipts.ts";
import { removeCases } from "./message-store/remove.ts";
import { reopenCases } from "./message-store/reopen.ts";
import { replyCases } from "./message-store/replies.ts";
import { revocationCases } from "./message-store/revocations.ts";
import { rewrittenCases } from "./message-store/rewritten.ts";
import { settingCases } from "./message-store/setting.ts";
import { slotCases } from "./message-store/slots.ts";
import { slowModeCases } from "./message-store/slow-mode.ts";
import { systemEntryCases } from "./message-store/system-entries.ts";
import { tallyCases } from "./message-store/tally.ts";
import { targetCases } from "./message-store/targets.ts";
import type { Runner } from "./runner.ts";
import { portTraits } from "./traits.ts";

/** Cases by what they are about, so that a slow adapter's suite can be run in several processes. */
const PARTS = {
  writing: [
    appendCases,
    checkCases,
    keyCases,
    rewrittenCases,
    systemEntryCases,
    targetCases,
    slotCases,
    slowModeCases,
    editAndDeleteCases,
    reactionCases,
    replyCases,
    concurrencyCases,
    draftCases,
  ],
  conversations: [
    createCases,
    crowdCases,
    accessCases,
    memberCases,
    joinCases,
    banCases,
    blockCases,
    removeCases,
    conversationSettingsCases,
    modeCases,
    conversationsCases,
    membershipCases,
  ],
  reading: [
    rangeCases,
    readerCases,
    presentViewCases,
    aroundCases,
    randomHistoryCases,
    oddIdCases,
    inboxCases,
    inboxPagingCases,
    feedCases,
    feedOrderCases,
    changesCases,
    changesPagingCases,
    changesOrderCases,
  ],
  upkeep: [
    privateStateCases,
    raiseCases,
    receiptCases,
    tallyCases,
    mentionCases,
    settingCases,
    leaseCases,
    positionCases,
    revocationCases,
    expireCases,
    expiredCases,
    eraseCases,
    reopenCases,
    traitCases,
  ],
} satisfies Readonly<Record<string, readonly Cases[]>>;

type Cases = (runner: Runner, withStore: WithStore, adapter: MessageStoreAdapter) => void;
export type MessageStorePart = keyof typeof PARTS;
export const MESSAGE_STORE_PARTS = Object.keys(PARTS) as readonly MessageStorePart[];

/** Every promise of the `MessageStore` port, one case each, or those of one part alone. Titles carry the guarantees that they hold. */
export function messageStoreSuite(runner: Runner, adapter: MessageStoreAdapter, only?: MessageStorePart): void {
  const withStore: WithStore = (run) => async () => {
    const underTest = await adapter.create();
    try {
      await underTest.store.open();
      await run(underTest.store, underTest);
    } finally {
      await underTest.destroy();
    }
  };
  for (const part of only === undefined ? MESSAGE_STORE_PARTS : [only]) {
    for (const cases of PARTS[part]) cases(runner, withStore, adapter);
  }
}

function traitCases(runner: Runner, _withStore: WithStore, adapter: MessageStoreAdapter): void {
  portTraits(
    runner,
    async () => {
      const { store, destroy } = await adapter.create();
      return { port: store, destroy };
    },
    {
      append: (store) => store.append([message("none", "alice", "hi")]),
      create: (store) => store.create(conversation("c1")),
      range: (store) => store.range({ conversation: "c1", view: "log", after: 0, from: "oldest", rows: 1, bytes: 1 }),
      access: (store) => store.access([{ user: "alice", conversation: "c1" }]),
      members: (store) => store.members("c1", null, 10),
      inbox: (store) => store.inbox("alice", null, 10),
      row: (store) => store.row("alice", "c1"),
      settings: (store) => store.settings("c1"),
      raise: (store) => store.raise([{ user: "alice", conversation: "c1", read: 1 }]),
      tally: (store) => store.tally("c1", 10),
      receipts: (store) => store.receipts("c1", 1, null, 10),
      put: (store) => store.put("alice", "c1", { mute: false }),
      ban: (store) => store.ban("c1", "mallory", false),
      block: (store) => store.block("alice", "mallory", false),
      blocked: (store) => store.blocked("alice", ["mallory"]),
      remove: (store) => store.remove("none", "alice", []),
      feed: (store) => store.feed(null, 10, 1_000),
      feedEnd: (store) => store.feedEnd(),
      changes: (store) => store.changes("no mark of ours", 10).catch(unlessInvalid),
      lease: (store) => store.lease("name", "node", 0),
      position: (store) => store.position("name"),
      revoke: (store) => store.revoke("alice", 1_000),
      revocations: (store) => store.revocations(0, 10),
      conversations: (store) => store.conversations(null, 10),
      expire: (store) => store.expire("none", { messages: 1 }, 10),
      memberships: (store) => store.memberships("alice", null, 10),
      erase: (store) => store.erase("alice", null),
      setting: (store) => store.setting("name", () => "value"),
    },
  );
}

/** An open store's answer to what it never gave. */
function unlessInvalid(error: unknown): void {
  if (!isChatError(error) || error.code !== "invalid") throw error;
}
