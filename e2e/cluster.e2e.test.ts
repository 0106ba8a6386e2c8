import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "./support/browser.ts";
import { ChatTab } from "./support/chat-tab.ts";
import { type StartedCluster, startCluster } from "./support/started-cluster.ts";
import { eventually } from "./support/tabs-of-file.ts";

const PAIRS = ["postgres", "redis"].flatMap((store) =>
  ["postgres", "redis", "nats"].map((bus) => [store, bus] as const),
);

let browser: Browser;
let cluster: StartedCluster | null = null;
const tabs: ChatTab[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
});
afterEach(async () => {
  for (const tab of tabs.splice(0)) await tab.close();
  const code = await cluster?.stop();
  cluster = null;
  expect(code).toBe(0);
});
afterAll(async () => browser?.close());

async function openAt(gateway: number, user: string): Promise<ChatTab> {
  const tab = await ChatTab.open(browser, cluster?.urls[gateway] ?? "", { user });
  tabs.push(tab);
  return tab;
}

describe("examples/cluster", () => {
  it.each(PAIRS)(
    "store %s, bus %s: two people in browsers on two gateways chat, and see each other type and be there",
    async (store, bus) => {
      cluster = await startCluster("--nodes", "2", "--store", store, "--bus", bus, "--drain-ms", "200");
      const [ann, bob] = [await openAt(0, "ann"), await openAt(1, "bob")];
      await bob.connection("online");
      const conversation = await ann.start("direct", "bob");
      await ann.send("from the first");
      await ann.sees("from the first", "sent");
      await bob.enter(conversation);
      await bob.sees("from the first", "sent");
      await bob.page.getByTestId("composer").pressSequentially("fro");
      await eventually(() => ann.page.getByTestId("typing").textContent()).toBe("bob is typing…");
      await bob.send("from the second");
      await ann.sees("from the second", "sent");
      await eventually(() => ann.message("from the first").first().getAttribute("data-status")).toBe("read");
      await eventually(() => ann.page.getByTestId("subtitle").textContent()).toBe("Online");
      await bob.react("from the first", "👍");
      await ann.page.locator('[data-reaction="👍"]').waitFor();
      expect([...(await ann.complaints()), ...(await bob.complaints())]).toEqual([]);
    },
  );
});
