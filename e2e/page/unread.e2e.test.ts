import { describe, expect, it } from "vitest";
import { eventually, TabsOfFile } from "../support/tabs-of-file.ts";
import { call } from "../support/wire-http.ts";

const tabs = new TabsOfFile();

async function write(user: string, conversation: string, texts: readonly string[]): Promise<void> {
  for (const [at, text] of texts.entries()) {
    const json = { id: `${user}-${text.replaceAll(" ", "-")}-${at}`, body: { text } };
    const answer = await call(tabs.server.url, "POST", `/conversations/${conversation}/messages`, { user, json });
    expect(answer.status).toBe(201);
  }
}

const lines = (count: number, of: string) => Array.from({ length: count }, (_, at) => `${of} ${at + 1}`);

describe("what is unread", () => {
  it("stands in the list, the title and on a button that leads to the line above it, which stays", async () => {
    const [olga, paul] = [await tabs.open("olga"), await tabs.open("paul")];
    const conversation = await olga.start("direct", "paul");
    await olga.send("seen");
    await paul.enter(conversation);
    await paul.sees("seen");
    await paul.page.goto(`${tabs.server.url}/`);
    await paul.connection("online");
    await write("olga", conversation, lines(90, "unseen"));
    const row = paul.page.locator(`[data-conversation="${conversation}"]`);
    await eventually(() => row.getAttribute("data-unread")).toBe("90");
    await eventually(() => paul.page.title()).toBe("(90) Earshot quickstart");
    await paul.enter(conversation);
    await paul.sees("unseen 90");
    await paul.page.getByTestId("to-unread").getByText("90 new messages").click();
    await paul.page.getByTestId("unread-line").waitFor();
    const first = paul.message("unseen 1").first();
    await eventually(() => first.isVisible()).toBe(true);
    expect(await first.evaluate((message) => message.parentElement?.querySelector(".unread-line") !== null)).toBe(true);
    await eventually(() => paul.page.getByTestId("to-unread").isVisible()).toBe(false);
    await paul.page.getByTestId("to-bottom").click();
    await paul.sees("unseen 90");
    await eventually(() => row.getAttribute("data-unread")).toBe("0");
    await eventually(() => paul.page.title()).toBe("Earshot quickstart");
    await olga.send("one more");
    await paul.sees("one more");
    await paul.page.getByRole("region", { name: "Messages" }).evaluate((box) => box.scrollTo(0, 0));
    await paul.page.getByTestId("unread-line").waitFor();
    await tabs.expectNoComplaints();
  });

  it("a conversation that is opened again has its line where it is due now", async () => {
    const [rita, stan] = [await tabs.open("rita"), await tabs.open("stan")];
    const conversation = await rita.start("direct", "stan");
    await write("rita", conversation, ["one", "two"]);
    await stan.enter(conversation);
    await stan.sees("two");
    const lineAbove = (text: string) =>
      stan.page
        .locator(".line")
        .filter({ has: stan.page.getByTestId("unread-line") })
        .filter({ hasText: text });
    await lineAbove("one").waitFor();
    await stan.page.evaluate(() => {
      location.hash = "";
    });
    await stan.page.getByTestId("composer").waitFor({ state: "detached" });
    await write("rita", conversation, ["three"]);
    await stan.enter(conversation);
    await lineAbove("three").waitFor();
    expect(await stan.page.getByTestId("unread-line").count()).toBe(1);
    await tabs.expectNoComplaints();
  });

  it("can be marked by hand, until it is opened", async () => {
    const [tom, uta] = [await tabs.open("tom"), await tabs.open("uta")];
    const conversation = await tom.start("direct", "uta");
    await tom.send("hi");
    await uta.enter(conversation);
    await uta.sees("hi");
    await uta.page.getByTestId("open-details").click();
    await uta.page.getByTestId("mark-unread").click();
    const row = uta.page.locator(`[data-conversation="${conversation}"]`);
    await row.getByText("marked as unread").waitFor({ state: "attached" });
    await eventually(() => uta.page.title()).toBe("(•) Earshot quickstart");
    // marks of a conversation are told a few times a second; one that a reload takes along is lost
    const marked = async (): Promise<unknown> => {
      const url = `${tabs.server.url}/chat/conversations/${conversation}`;
      const answer = await uta.page.request.get(url, { headers: { authorization: "Bearer uta" } });
      return ((await answer.json()) as { readonly marked?: boolean }).marked;
    };
    await eventually(marked).toBe(true);
    await uta.page.reload();
    await row.getByText("marked as unread").waitFor({ state: "attached" });
    await uta.enter(conversation);
    await row.getByText("marked as unread").waitFor({ state: "detached" });
    await tabs.expectNoComplaints();
  });
});
