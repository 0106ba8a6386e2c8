import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterEach, describe, expect, it } from "vitest";
import type { ChatTab } from "../support/chat-tab.ts";
import { startServer } from "../support/server.ts";
import { TabsOfFile } from "../support/tabs-of-file.ts";

interface Axe {
  run(): Promise<{
    readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
  }>;
}

declare const axe: Axe;

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const tabs = new TabsOfFile();
const found: string[] = [];

afterEach(() => {
  found.length = 0;
});

/** Has axe look at the page as it is, light and dark. */
async function look(tab: ChatTab, state: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await tab.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // by the debugger's way, which the page's own policy does not concern
    await tab.page.evaluate(AXE);
    const { violations } = await tab.page.evaluate(() => axe.run());
    for (const { id, nodes } of violations) {
      found.push(`${state}, ${colorScheme}: ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
    }
  }
}

/** Two people with a conversation that has one of each. */
async function busy(): Promise<readonly [ChatTab, ChatTab, string]> {
  const [ada, bob] = [await tabs.open("ada"), await tabs.open("bob")];
  const conversation = await ada.start("group", "bob carol", "Lunch");
  await ada.send("where do we eat?");
  await bob.enter(conversation);
  await bob.sees("where do we eat?");
  await bob.act("where do we eat?", "reply");
  await bob.send("at the corner, @ada");
  await bob.send("to be deleted");
  await bob.sees("to be deleted", "sent");
  await bob.act("to be deleted", "delete");
  await bob.page.getByTestId("confirm-yes").click();
  await ada.sees("This message was deleted");
  await ada.react("at the corner", "👍");
  await ada.act("at the corner", "pin");
  await ada.page.getByTestId("open-pinned").waitFor();
  return [ada, bob, conversation];
}

describe("axe finds nothing", () => {
  it("signed out, and with nothing there", async () => {
    const nobody = await tabs.open("!");
    await nobody.page.getByTestId("sign-in-name").waitFor();
    await look(nobody, "sign-in");
    await nobody.page.getByTestId("sign-in").click();
    await look(nobody, "sign-in with a fault");
    const lone = await tabs.open("lone");
    await lone.page.getByText("No conversations yet").waitFor();
    await look(lone, "empty");
    await lone.page.getByTestId("new-conversation").click();
    await look(lone, "new direct conversation");
    await lone.page.getByTestId("kind-group").check();
    await lone.page.getByTestId("create").click();
    await look(lone, "new group with a fault");
    expect(found).toEqual([]);
  });

  it("in a conversation, its menus, panels and dialogs", async () => {
    const [ada, bob] = await busy();
    // a sign of typing goes out every 3 s at most, and the last message was one
    const typed = bob.page.getByTestId("composer").pressSequentially("and then we went on", { delay: 250 });
    await ada.page.getByText("bob is typing…").waitFor();
    await look(ada, "conversation");
    await typed;
    await ada.message("where do we eat?").first().hover();
    await ada.message("where do we eat?").first().getByTestId("actions").click();
    await look(ada, "message menu");
    await ada.page.getByTestId("read-by").click();
    await look(ada, "read by");
    await ada.page.keyboard.press("Escape");
    await ada.act("where do we eat?", "edit");
    await look(ada, "editing");
    await ada.page.keyboard.press("Escape");
    await ada.act("where do we eat?", "delete");
    await look(ada, "confirmation");
    await ada.page.keyboard.press("Escape");
    await ada.page.getByTestId("thread-link").click();
    await ada.page.getByTestId("thread").getByText("at the corner").waitFor();
    await look(ada, "thread");
    await ada.page.getByTestId("open-pinned").click();
    await ada.page.getByTestId("pins").getByText("at the corner").waitFor();
    await look(ada, "pinned");
    await ada.page.getByTestId("open-details").click();
    await ada.page.getByTestId("members").getByText("carol").waitFor();
    await look(ada, "details");
    await ada.page.getByTestId("member-actions").first().click();
    await look(ada, "member menu");
    expect(found).toEqual([]);
  });

  it("failing and offline", async () => {
    const other = await startServer();
    const eve = await tabs.open("eve", { url: other.url });
    await eve.start("direct", "fay");
    await eve.send("x".repeat(40_000));
    await eve.page.locator("[data-status=failed]").waitFor();
    await look(eve, "failed send");
    await other.kill9();
    await eve.connection("waiting");
    await eve.send("kept");
    await eve.sees("kept", "pending");
    await look(eve, "offline");
    await other.stop();
    const stranger = await tabs.open("stranger");
    await stranger.page.goto(`${tabs.server.url}/?user=stranger#/c/nowhere`);
    await stranger.page.getByTestId("join").waitFor();
    await stranger.page.getByTestId("join").click();
    await stranger.page.getByText("You could not join").waitFor();
    await look(stranger, "nothing to join");
    expect(found).toEqual([]);
  });
});
