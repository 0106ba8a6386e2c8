import { accessCases } from "./message-store/access.ts";
import type { MessageStoreAdapter, WithStore } from "./message-store/adapter-under-test.ts";
import { appendCases } from "./message-store/append.ts";
import { concurrencyCases } from "./message-store/concurrency.ts";
import { createCases } from "./message-store/create.ts";
import { conversation, message } from "./message-store/entries.ts";
import { inboxCases } from "./message-store/inbox.ts";
import { inboxPagingCases } from "./message-store/inbox-paging.ts";
import { keyCases } from "./message-store/keys.ts";
import { memberCases } from "./message-store/members.ts";
import { oddIdCases } from "./message-store/odd-ids.ts";
import { rangeCases } from "./message-store/range.ts";
import { reopenCases } from "./message-store/reopen.ts";
import { settingCases } from "./message-store/setting.ts";
import type { Runner } from "./runner.ts";
import { portTraits } from "./traits.ts";

/** Every promise of the `MessageStore` port, one case each. Titles carry the guarantees that they hold. */
export function messageStoreSuite(runner: Runner, adapter: MessageStoreAdapter): void {
  const withStore: WithStore = (run) => async () => {
    const underTest = await adapter.create();
    try {
      await underTest.store.open();
      await run(underTest.store, underTest);
    } finally {
      await underTest.destroy();
    }
  };

  portTraits(
    runner,
    async () => {
      const { store, destroy } = await adapter.create();
      return { port: store, destroy };
    },
    {
      append: (store) => store.append([message("none", "alice", "hi")]),
      create: (store) => store.create(conversation("c1")),
      range: (store) => store.range({ conversation: "c1", after: 0, from: "oldest", rows: 1, bytes: 1 }),
      access: (store) => store.access([{ user: "alice", conversation: "c1" }]),
      members: (store) => store.members("c1", null, 10),
      inbox: (store) => store.inbox("alice", null, 10),
      row: (store) => store.row("alice", "c1"),
      setting: (store) => store.setting("name", () => "value"),
    },
  );
  appendCases(runner, withStore);
  keyCases(runner, withStore);
  concurrencyCases(runner, withStore);
  createCases(runner, withStore);
  accessCases(runner, withStore);
  memberCases(runner, withStore);
  rangeCases(runner, withStore);
  inboxCases(runner, withStore, adapter);
  inboxPagingCases(runner, withStore);
  oddIdCases(runner, withStore);
  settingCases(runner, withStore);
  reopenCases(runner, withStore, adapter.capabilities);
}
