import { describe, expect, it } from "vitest";
import { eventually, TabsOfFile } from "../support/tabs-of-file.ts";

const tabs = new TabsOfFile();

describe("the members of a group", () => {
  it("are added, given a role, removed and banned in the panel, which follows", async () => {
    const [abel, bea] = [await tabs.open("abel"), await tabs.open("bea")];
    const conversation = await abel.start("group", "bea", "Club");
    await abel.page.getByTestId("open-details").click();
    const members = abel.page.getByTestId("members");
    const line = (name: string) => members.locator(`[data-member="${name}"]`);
    await line("bea").waitFor();
    await abel.page.getByTestId("add-people").fill("cid, not a name!");
    await abel.page.getByTestId("add").click();
    await abel.page.getByText("cannot be a name").waitFor();
    await abel.page.getByTestId("add-people").fill("cid, dan");
    await abel.page.getByTestId("add").click();
    await line("cid").waitFor();
    await line("dan").waitFor();
    await line("bea").getByTestId("member-actions").click();
    await abel.page.getByTestId("make-reader").click();
    await line("bea").getByText("reader").waitFor();
    await bea.page.locator(`[data-conversation="${conversation}"]`).click();
    await bea.page.getByText("You can read here, but not write.").waitFor();
    await line("cid").getByTestId("member-actions").click();
    await abel.page.getByTestId("remove-member").click();
    await line("cid").waitFor({ state: "detached" });
    await line("dan").getByTestId("member-actions").click();
    await abel.page.getByTestId("ban").click();
    await abel.page.getByTestId("confirm-yes").click();
    await line("dan").waitFor({ state: "detached" });
    await abel.page.getByTestId("add-people").fill("dan");
    await abel.page.getByTestId("add").click();
    await abel.page.getByTestId("note").getByText("Nobody was added.").waitFor();
    await tabs.expectNoComplaints();
  });

  it("join an open one by its link, see it renamed, and leave it", async () => {
    const [ella, finn] = [await tabs.open("ella"), await tabs.open("finn")];
    const conversation = await ella.start("channel", "", "News");
    await ella.send("first news");
    await ella.sees("first news", "sent");
    await finn.connection("online");
    await finn.page.goto(`${tabs.server.url}/?user=finn#/c/${conversation}`);
    await finn.page.getByTestId("join").click();
    await finn.sees("first news");
    await finn.send("thanks");
    await ella.sees("thanks");
    await ella.page.getByTestId("open-details").click();
    await ella.page.getByTestId("rename").fill("Good news");
    await ella.page.getByTestId("rename-save").click();
    await eventually(() => finn.page.getByTestId("title").textContent()).toBe("Good news");
    await finn.page.getByTestId("open-details").click();
    expect(await finn.page.getByTestId("rename").isVisible()).toBe(false);
    await finn.page.getByTestId("leave").click();
    await finn.page.getByTestId("confirm-yes").click();
    await finn.page.locator(`[data-conversation="${conversation}"]`).waitFor({ state: "detached" });
    await ella.page.getByTestId("messages").getByText("finn left").waitFor();
    await tabs.expectNoComplaints();
  });

  it("mute it for themselves: it no longer counts in the title", async () => {
    const [gero, hedi] = [await tabs.open("gero"), await tabs.open("hedi")];
    const conversation = await gero.start("group", "hedi", "Loud");
    await hedi.page.locator(`[data-conversation="${conversation}"]`).click();
    await hedi.page.getByTestId("open-details").click();
    await hedi.page.getByTestId("mute").check();
    const row = hedi.page.locator(`[data-conversation="${conversation}"]`);
    await row.getByText("muted").waitFor({ state: "attached" });
    await hedi.page.goto(`${tabs.server.url}/`);
    await hedi.connection("online");
    await gero.send("noise");
    await eventually(() => row.getAttribute("data-unread")).toBe("1");
    expect(await hedi.page.title()).toBe("Earshot quickstart");
    await tabs.expectNoComplaints();
  });
});
