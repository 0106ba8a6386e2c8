import { describe, expect, it } from "vitest";
import { sleep } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

/** A user with a device that was here once and holds a resume. */
async function visitor() {
  const [user, device] = scene.people("u", "device");
  const { client, welcome } = await scene.open(user, { device });
  return { user, device, client, resume: String(welcome.resume) };
}

describe("resume", () => {
  it("holds beside the same token, and says so", async () => {
    const { user, device, resume } = await visitor();
    const { welcome } = await scene.open(user, { device, hello: { k: 2, resume } });
    expect(welcome).toMatchObject({ user, resumed: true });
    expect(welcome.resume).toEqual(expect.any(String));
  });

  it("holds alone, without a token, more than once", async () => {
    const { user, device, resume } = await visitor();
    for (const k of [2, 3, 4]) {
      const { welcome } = await scene.open(undefined, { device, hello: { k, resume } });
      expect(welcome).toMatchObject({ user, resumed: true });
    }
  });

  it("is renewed by welcome and by every pong", async () => {
    const { user, device, client } = await visitor();
    const { resume } = await client.ping();
    expect(resume).toEqual(expect.any(String));
    const again = await scene.open(undefined, { device, hello: { k: 2, resume } });
    expect(again.welcome).toMatchObject({ user, resumed: true });
    const third = await scene.open(undefined, { device, hello: { k: 3, resume: again.welcome.resume } });
    expect(third.welcome).toMatchObject({ user, resumed: true });
  });

  it("S12: is bound to its device: of another one it does not hold", async () => {
    const { user, resume } = await visitor();
    const other = scene.fresh("device");
    const { welcome } = await scene.open(user, { device: other, hello: { resume } });
    expect(welcome).toMatchObject({ user, resumed: false });
    const alone = await scene.greet(undefined, { device: other, hello: { resume } });
    expect((await alone.closed()).code).toBe(4100);
  });

  it("S12: beside the token of another user is 4501", async () => {
    const { device, resume } = await visitor();
    const client = await scene.greet(scene.fresh("other"), { device, hello: { k: 2, resume } });
    expect((await client.closed()).code).toBe(4501);
  });

  it("S12: beside a token that is nobody's is 4501", async () => {
    const { device, resume } = await visitor();
    const client = await scene.greet("Not A User!", { device, hello: { k: 2, resume } });
    expect((await client.closed()).code).toBe(4501);
  });

  it("S12: that was forged or garbled leaves it to the token, and without one is 4100", async () => {
    const { user, device, resume } = await visitor();
    const middle = Math.floor(resume.length / 2);
    const flipped = resume[middle] === "A" ? "B" : "A";
    const garbled = [
      "garbage",
      "..",
      "x".repeat(4_000),
      resume.slice(0, -4),
      `${resume}AAAA`,
      `${resume.slice(0, middle)}${flipped}${resume.slice(middle + 1)}`,
      "✓ à la mode",
    ];
    let k = 10;
    for (const forged of garbled) {
      k += 2;
      const { welcome } = await scene.open(user, { device, hello: { k, resume: forged } });
      expect(welcome, forged.slice(0, 40)).toMatchObject({ user, resumed: false });
      const alone = await scene.greet(undefined, { device, hello: { k: k + 1, resume: forged } });
      expect((await alone.closed()).code, forged.slice(0, 40)).toBe(4100);
    }
  });
});

describe("connections of one device", () => {
  /** Opens one connection a `k`, one after the other; says which are still served and with what the others were closed. */
  async function arrivals(...ks: readonly (number | undefined)[]): Promise<(number | "stays")[]> {
    const [user, device] = scene.people("u", "device");
    const clients = [];
    for (const k of ks) {
      const client = await scene.greet(user, { device, hello: { k } });
      await Promise.race([client.next("welcome").catch(() => null), client.ended]);
      clients.push(client);
    }
    await sleep(100);
    return await Promise.all(
      clients.map(async (client) => {
        const answered = client.ping().then(() => "stays" as const);
        const closed = client.ended.then((end) => end.code);
        return await Promise.race([closed, answered.catch(async () => await closed)]);
      }),
    );
  }

  it("of a higher k replaces those before: 4504", async () => {
    expect(await arrivals(1, 2)).toEqual([4504, "stays"]);
    expect(await arrivals(1, 2, 7)).toEqual([4504, 4504, "stays"]);
  });

  it("of a lower k is closed itself: 4504", async () => {
    expect(await arrivals(2, 1)).toEqual(["stays", 4504]);
    expect(await arrivals(3, 1, 2)).toEqual(["stays", 4504, 4504]);
  });

  it("of an equal k or without one: the last to arrive stays", async () => {
    expect(await arrivals(4, 4)).toEqual([4504, "stays"]);
    expect(await arrivals(undefined, undefined)).toEqual([4504, "stays"]);
    expect(await arrivals(4, undefined)).toEqual([4504, "stays"]);
    expect(await arrivals(undefined, 4)).toEqual([4504, "stays"]);
  });

  it("leaves other devices of the user, and the same device of another user, alone", async () => {
    const [alice, bob, device] = scene.people("alice", "bob", "device");
    const phone = await scene.join(alice, { device });
    const desk = await scene.join(alice);
    const stranger = await scene.join(bob, { device, hello: { k: 9 } });
    for (const client of [phone, desk, stranger]) await client.ping();
  });
});
