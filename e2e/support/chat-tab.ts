import type { Browser, BrowserContext, Page } from "playwright-core";
import { sightingsOf, watchLog } from "./log-watch.ts";

/** One message as it stands on the screen. */
export interface ShownMessage {
  readonly id: string;
  readonly seq: number | null;
  /** `pending`, `failed`, or `sent`, however far it has come from there. */
  readonly status: string;
  readonly text: string;
}

export interface TabOptions {
  readonly user: string;
  readonly width?: number;
}

/** How long anything may take to appear on the screen, in ms. A reconnect after an outage is within it. */
const APPEARS_WITHIN_MS = 45_000;

/**
 * One tab of the quickstart, in a browser context of its own: its own network, its own storage.
 *
 * What the page offers to tests: `data-testid` sign-in-name, sign-in, user, sign-out, connection (with
 * `data-status`), new-conversation, kind-direct, kind-group, kind-channel, new-people, new-title, new-open, create,
 * conversations, no-conversations, conversation, messages, older, newer, to-bottom, to-unread, unread-line, typing,
 * strip, connect, composer, composer-send, composer-purpose, retry, discard, actions and the entries of its menu
 * (reply, open-thread, edit, pin, read-by, delete), confirm-yes, thread, thread-messages, thread-composer, details,
 * members, pinned. Rows of the list carry `data-conversation` and `data-unread`; messages `data-id`, `data-status`
 * (pending, sent, delivered, read, failed) and, once they have one, `data-seq`; what the gateway wrote into the log
 * only `data-seq`; reactions `data-reaction`; dots `data-presence`. Only rows near what is seen are on the page.
 */
export class ChatTab {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly user: string;
  /** Errors of the page's own scripts and of its policy; failures of the network are not among them. */
  readonly faults: string[] = [];

  private constructor(context: BrowserContext, page: Page, user: string) {
    this.context = context;
    this.page = page;
    this.user = user;
    page.setDefaultTimeout(APPEARS_WITHIN_MS);
    page.on("pageerror", (error) => this.faults.push(error.message));
    page.on("console", (line) => {
      if (line.type() === "error" && !isNetworkFailure(line.text())) this.faults.push(line.text());
    });
  }

  /** Opens the page at `url` and signs in. */
  static async open(browser: Browser, url: string, { user, width = 1_280 }: TabOptions): Promise<ChatTab> {
    const context = await browser.newContext({ viewport: { width, height: 800 }, locale: "en-GB" });
    const page = await context.newPage();
    const tab = new ChatTab(context, page, user);
    await watchLog(page);
    await page.goto(`${url}/?user=${user}`);
    return tab;
  }

  /** Starts a conversation by the dialog and leaves it open; resolves with its id. */
  async start(kind: "direct" | "group" | "channel", people: string, title?: string): Promise<string> {
    const before = this.page.url();
    await this.page.getByTestId("new-conversation").click();
    await this.page.getByTestId(`kind-${kind}`).check();
    await this.page.getByTestId("new-people").fill(people);
    if (title !== undefined) await this.page.getByTestId("new-title").fill(title);
    await this.page.getByTestId("create").click();
    await this.page.waitForURL((url) => url.hash.startsWith("#/c/") && url.href !== before);
    return new URL(this.page.url()).hash.slice("#/c/".length);
  }

  /** Opens a conversation from the list. */
  async enter(conversation: string): Promise<void> {
    await this.page.locator(`[data-conversation="${conversation}"]`).click();
    await this.page.getByTestId("composer").waitFor();
  }

  /** Writes and presses Enter, as a person would; does not wait for an answer. */
  async send(text: string): Promise<void> {
    await this.page.getByTestId("composer").fill(text);
    await this.page.getByTestId("composer").press("Enter");
  }

  /** Writes one after the other, faster than a person or a test driver could. */
  async pour(texts: readonly string[], everyMs: number): Promise<void> {
    await this.page.getByTestId("composer").evaluate(
      async (box, [lines, pauseMs]) => {
        const input = box as HTMLTextAreaElement;
        for (const line of lines) {
          input.value = line;
          input.dispatchEvent(new Event("input", { bubbles: true }));
          input.form?.requestSubmit();
          await new Promise((resolve) => setTimeout(resolve, pauseMs));
        }
      },
      [texts, everyMs] as const,
    );
  }

  /** The messages of the open conversation, from top to bottom; where they are not all on the page, by scrolling through them. */
  async messages(): Promise<readonly ShownMessage[]> {
    return this.page.getByTestId("messages").evaluate(async (list) => {
      const scroller = list.parentElement as HTMLElement;
      const found = new Map<string, ShownMessage>();
      const look = (): void => {
        for (const row of list.querySelectorAll<HTMLElement>("[data-id]")) {
          const { id = "", seq } = row.dataset;
          const status = (row.dataset["status"] ?? "").replace(/^(delivered|read)$/, "sent");
          const text = row.querySelector(".message-text")?.textContent ?? "";
          found.set(id, { id, seq: seq === undefined ? null : Number(seq), status, text });
        }
      };
      const frame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      const { paddingTop, paddingBottom } = (list as HTMLElement).style;
      if (Number.parseFloat(paddingTop) > 0 || Number.parseFloat(paddingBottom) > 0) {
        for (let top = 0; top < scroller.scrollHeight; top += scroller.clientHeight) {
          scroller.scrollTop = top;
          await frame();
          look();
        }
        scroller.scrollTop = scroller.scrollHeight;
        await frame();
      }
      look();
      const place = ({ seq }: ShownMessage): number => seq ?? Number.MAX_SAFE_INTEGER;
      return [...found.values()].sort((one, other) => place(one) - place(other));
    });
  }

  async texts(): Promise<readonly string[]> {
    return (await this.messages()).map(({ text }) => text);
  }

  /** Opens the menu of a message and chooses an entry by its test id. */
  async act(text: string, entry: string): Promise<void> {
    const message = this.message(text).first();
    await message.hover();
    await message.getByTestId("actions").click();
    await this.page.getByTestId(entry).click();
  }

  /** Sets the own reaction, or takes it back, by the menu. */
  async react(text: string, key: string): Promise<void> {
    const message = this.message(text).first();
    await message.hover();
    await message.getByTestId("actions").click();
    await this.page.locator(`[data-choice="${key}"]`).click();
  }

  /** `status`: as in `ShownMessage`. */
  message(text: string, status?: string): ReturnType<Page["locator"]> {
    const sent = ["sent", "delivered", "read"].map((each) => `[data-id][data-status="${each}"]`).join();
    const marked = status === undefined ? "[data-id]" : status === "sent" ? sent : `[data-id][data-status="${status}"]`;
    return this.page.locator(marked).filter({ hasText: text });
  }

  /** Waits until this text stands on the screen, with this status if one is given. */
  async sees(text: string, status?: string): Promise<void> {
    await this.message(text, status).first().waitFor();
  }

  /** Waits until the badge says so. */
  async connection(status: string): Promise<void> {
    await this.page.locator(`[data-testid=connection][data-status="${status}"]`).waitFor({ state: "attached" });
  }

  /** The page's own record of what was wrong with the list at any moment, and its script errors. */
  async complaints(): Promise<readonly string[]> {
    return [...this.faults, ...(await sightingsOf(this.page))];
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}

function isNetworkFailure(text: string): boolean {
  return /WebSocket connection to|Failed to load resource|net::ERR_/.test(text);
}
