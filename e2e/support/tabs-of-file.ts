import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { launchBrowser } from "./browser.ts";
import { ChatTab, type TabOptions } from "./chat-tab.ts";
import { type RunningServer, startServer } from "./server.ts";

/** How long anything may take to appear on the screen, in ms. */
const APPEARS_WITHIN_MS = 15_000;

/** A browser and a server for a whole test file, and the tabs of each of its tests. */
export class TabsOfFile {
  readonly #tabs: ChatTab[] = [];
  #browser: Browser | null = null;
  #server: RunningServer | null = null;

  constructor() {
    beforeAll(async () => {
      [this.#browser, this.#server] = await Promise.all([launchBrowser(), startServer()]);
    });
    afterEach(async () => {
      for (const tab of this.#tabs.splice(0)) await tab.close();
    });
    afterAll(async () => {
      await this.#browser?.close();
      await this.#server?.stop();
    });
  }

  get server(): RunningServer {
    if (this.#server === null) throw new Error("the server has not started");
    return this.#server;
  }

  async open(user: string, options: Omit<TabOptions, "user"> & { readonly url?: string } = {}): Promise<ChatTab> {
    if (this.#browser === null) throw new Error("the browser has not started");
    const { url = this.server.url, ...rest } = options;
    const tab = await ChatTab.open(this.#browser, url, { user, ...rest });
    this.#tabs.push(tab);
    return tab;
  }

  /** Nothing was wrong with a list at any moment, and no script has failed. */
  async expectNoComplaints(): Promise<void> {
    for (const tab of this.#tabs) expect(await tab.complaints()).toEqual([]);
  }
}

/** As `expect.poll`, with the patience that a busy machine and merged frames need. */
export function eventually<T>(
  read: () => T | Promise<T>,
  options: { readonly timeout?: number } = {},
): ReturnType<typeof expect.poll> {
  return expect.poll(read, { timeout: APPEARS_WITHIN_MS, ...options });
}
