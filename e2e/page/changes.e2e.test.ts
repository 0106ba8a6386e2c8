import { describe, expect, it } from "vitest";
import { eventually, TabsOfFile } from "../support/tabs-of-file.ts";

const tabs = new TabsOfFile();

describe("what happens to a message", () => {
  it("an edit is seen by the other, also by Up in the empty box, and after a reload", async () => {
    const [anna, bert] = [await tabs.open("anna"), await tabs.open("bert")];
    const conversation = await anna.start("direct", "bert");
    await anna.send("helo");
    await bert.enter(conversation);
    await bert.sees("helo");
    await anna.sees("helo", "sent");
    await anna.act("helo", "edit");
    await anna.send("hello");
    await bert.message("hello").getByText("edited").waitFor();
    await anna.page.getByTestId("composer").press("ArrowUp");
    expect(await anna.page.getByTestId("composer").inputValue()).toBe("hello");
    await anna.page.getByTestId("composer").press("Escape");
    expect(await anna.page.getByTestId("composer").inputValue()).toBe("");
    await anna.page.getByTestId("composer").press("ArrowUp");
    await anna.send("hello, bert");
    await bert.sees("hello, bert");
    await bert.page.reload();
    await bert.message("hello, bert").getByText("edited").waitFor();
    expect(await bert.texts()).toEqual(["hello, bert"]);
    expect((await bert.messages())[0]?.seq).toBe(2);
    await tabs.expectNoComplaints();
  });

  it("a deletion asks first, and leaves a tombstone everywhere", async () => {
    const [cleo, dirk] = [await tabs.open("cleo"), await tabs.open("dirk")];
    const conversation = await cleo.start("direct", "dirk");
    await cleo.send("a secret");
    await dirk.enter(conversation);
    await dirk.sees("a secret");
    await cleo.sees("a secret", "sent");
    await cleo.act("a secret", "delete");
    await cleo.page.getByTestId("confirm-no").click();
    await cleo.sees("a secret");
    await cleo.act("a secret", "delete");
    await cleo.page.getByTestId("confirm-yes").click();
    for (const tab of [cleo, dirk]) await tab.sees("This message was deleted");
    expect(await dirk.texts()).toEqual(["This message was deleted"]);
    await dirk.page.reload();
    await dirk.sees("This message was deleted");
    expect(await dirk.page.locator("body").textContent()).not.toContain("a secret");
    await tabs.expectNoComplaints();
  });

  it("a reaction is counted once, by two who made it, after a reload, and when it is taken back", async () => {
    const [elsa, fynn] = [await tabs.open("elsa"), await tabs.open("fynn")];
    const conversation = await elsa.start("direct", "fynn");
    await elsa.send("good news");
    await fynn.enter(conversation);
    await fynn.sees("good news");
    await elsa.sees("good news", "sent");
    const pill = (tab: typeof elsa) => tab.message("good news").locator('[data-reaction="👍"]');
    const shows = async (count: string, mine: readonly [string, string]): Promise<void> => {
      for (const [at, tab] of [elsa, fynn].entries()) {
        await eventually(() => pill(tab).locator(".reaction-count").textContent()).toBe(count);
        expect(await pill(tab).getAttribute("aria-pressed")).toBe(mine[at]);
      }
    };
    await fynn.react("good news", "👍");
    await shows("1", ["false", "true"]);
    await pill(elsa).click();
    await shows("2", ["true", "true"]);
    for (const tab of [elsa, fynn]) await tab.page.reload();
    await shows("2", ["true", "true"]);
    await pill(elsa).click();
    await shows("1", ["false", "true"]);
    await pill(fynn).click();
    for (const tab of [elsa, fynn]) await eventually(() => pill(tab).count()).toBe(0);
    await tabs.expectNoComplaints();
  });

  it("a reply quotes what it is about and leads there; the thread has both, and a box of its own", async () => {
    const [gesa, hans] = [await tabs.open("gesa"), await tabs.open("hans")];
    const conversation = await gesa.start("direct", "hans");
    await gesa.send("where do we eat?");
    await hans.enter(conversation);
    await hans.sees("where do we eat?");
    await hans.act("where do we eat?", "reply");
    await hans.send("at the corner");
    const answer = gesa.page.getByTestId("messages").locator("[data-id]").filter({ hasText: "at the corner" });
    await eventually(() => answer.getByTestId("quote").textContent()).toContain("where do we eat?");
    await gesa.page.getByTestId("thread-link").getByText("1 reply").click();
    const thread = gesa.page.getByTestId("thread");
    await thread.getByText("at the corner").waitFor();
    await gesa.page.getByTestId("thread-composer").fill("good, at noon");
    await gesa.page.getByTestId("thread-composer").press("Enter");
    await thread.getByText("good, at noon").waitFor();
    await hans.page.getByTestId("thread-link").getByText("2 replies").click();
    await hans.page.getByTestId("thread").getByText("good, at noon").waitFor();
    await hans.page.keyboard.press("Escape");
    await hans.page.getByTestId("thread").waitFor({ state: "detached" });
    expect(await hans.texts()).toEqual(["where do we eat?", "at the corner", "good, at noon"]);
    await answer.getByTestId("quote").click();
    await gesa.page.locator("[data-id]:focus").filter({ hasText: "where do we eat?" }).waitFor();
    await tabs.expectNoComplaints();
  });
});
