import { setTimeout as pause } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "./support/browser.ts";
import { type InstalledExample, type Packed, packPackages, type RunningExample } from "./support/installed-example.ts";
import { NotesUser } from "./support/notes-user.ts";

/** Time that the apps give their users to leave. */
const DRAIN_MS = 1_500;
/** Beside it, for what else an end needs. */
const END_WITHIN_MS = 3_000;

const EXAMPLES = [
  { name: "express", by: "token" },
  { name: "fastify", by: "cookie" },
] as const;

let packed: Packed | undefined;
let browser: Browser | undefined;

beforeAll(async () => {
  packed = await packPackages();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  packed?.remove();
});

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !holds(); turn++) await pause(20);
  if (!holds()) throw new Error(`not within 10 s: ${what}`);
}

/** The app's own routes and its own WebSocket, as they were before there was a chat. */
async function ownThingsWork(user: NotesUser, word: string): Promise<void> {
  const { socket, told } = await user.live();
  expect(await user.call("POST", "/notes", { text: word })).toMatchObject({ status: 201 });
  await until(`note ${word}`, () => told.some((text) => text.includes(word)));
  const notes = await user.call("GET", "/notes");
  expect(notes.text).toContain(word);
  expect(notes.headers.get("content-security-policy")).toContain("default-src");
  socket.close();
}

async function logInPage(url: string, name: string): Promise<{ page: Page; faults: string[] }> {
  const page = await (browser as Browser).newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  await page.goto(url);
  await page.fill("[name=name]", name);
  await page.click("#login button");
  await page.waitForSelector("#status:text('online')");
  return { page, faults };
}

describe.each(EXAMPLES)("examples/$name, installed from tarballs", ({ name, by }) => {
  let example: InstalledExample;
  let app: RunningExample;

  beforeAll(async () => {
    example = await (packed as Packed).install(name);
  });

  async function bobIn(): Promise<{ bob: NotesUser; chat: ReturnType<NotesUser["chat"]>; texts: () => string[] }> {
    const bob = await NotesUser.logIn(app.url, "bob");
    const client = await example.client();
    const chat = bob.chat(client as Parameters<NotesUser["chat"]>[0], by);
    const lobby = chat.conversation("lobby");
    await lobby.join();
    const window = lobby.messages();
    window.subscribe(() => {});
    return { bob, chat, texts: () => window.current.items.map(({ body }) => body.text ?? "") };
  }

  /** The end is within the drain window, and loses nobody's own things on the way. */
  async function stops(): Promise<void> {
    const { code, tookMs } = await app.stop();
    expect([code, app.output()]).toEqual([0, expect.stringMatching(/^notes: \S+\n$/)]);
    expect(tookMs).toBeLessThan(DRAIN_MS + END_WITHIN_MS);
  }

  it("as ESM: two users chat, one in Chromium, beside the app's own routes and WebSocket, and it ends within its drain", async () => {
    app = await example.start("ESM", DRAIN_MS);
    const first = await NotesUser.logIn(app.url, "carol");
    await ownThingsWork(first, "before");

    const { page, faults } = await logInPage(app.url, "alice");
    const { bob, chat, texts } = await bobIn();
    await page.fill("#message", "hi from the page");
    await page.click("#new-message button");
    await until("the page's message at bob's", () => texts().includes("hi from the page"));
    await chat.conversation("lobby").send({ text: "hi from node" }).sent;
    await page.waitForSelector("#messages li:text('bob: hi from node')");
    await ownThingsWork(bob, "during");
    await page.waitForSelector("#notes li:text('bob: during')");
    // To another site's pages the chat is closed.
    const foreign = await fetch(`${app.url}/chat/conversations`, { headers: { origin: "https://evil.example" } });
    expect([foreign.status, await foreign.text()]).toEqual([403, expect.stringContaining("https://evil.example")]);
    expect((await fetch(`${app.url}/chat/readyz`)).status).toBe(200);

    await page.close();
    await chat.close();
    await ownThingsWork(first, "after");
    expect(faults).toEqual([]);

    // It ends while others are connected.
    const late = await logInPage(app.url, "dave");
    const { chat: other } = await bobIn();
    await stops();
    await other.close();
    await late.page.close();
  });

  it.each(["import", "require"])("says what to install for jwtAuth, which needs jose, by %s", async (how) => {
    const entry = how === "import" ? 'import("@earshot/core/jwt")' : 'Promise.resolve(require("@earshot/core/jwt"))';
    const options = '{ jwks: "https://issuer.example/jwks", issuer: "i", audience: "a" }';
    const said = await example.run(
      `${entry}.then(({ jwtAuth }) => jwtAuth(${options})).catch(({ code, message }) => console.log(code, message))`,
    );
    expect(said).toMatch(/^invalid .*npm install jose/);
  });

  it("as CJS: two users chat beside the app's own routes and WebSocket, and it ends within its drain", async () => {
    app = await example.start("CJS", DRAIN_MS);
    const carol = await NotesUser.logIn(app.url, "carol");
    await ownThingsWork(carol, "before");
    const one = await bobIn();
    const two = await bobIn();
    await one.chat.conversation("lobby").send({ text: "hi" }).sent;
    await until("the message at the other's", () => two.texts().includes("hi"));
    await ownThingsWork(carol, "during");
    await one.chat.close();
    await stops();
    await two.chat.close();
  });
});
