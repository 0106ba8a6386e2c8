import { describe, expect, it } from "vitest";
import { deferred } from "../testing/deferred.ts";
import { HostQueue } from "./host-queue.ts";

const ORDER = {};

/** A place in the queue whose send is answered by the host when the test says so. */
function sendIn(queue: HostQueue, order: object, appended: string[], name: string) {
  const host = deferred<void>();
  const place = queue.enter(order);
  const fate = place
    .asked(host.promise)
    .then(() => place.first)
    .then(() => place.pass(() => void appended.push(name)))
    .then(
      () => "appended",
      (error: { code?: string; retryAfterMs?: number }) =>
        `${error.code ?? "error"} ${error.retryAfterMs ?? ""}`.trim(),
    )
    .finally(() => place.leave());
  return { place, host, fate };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("HostQueue", () => {
  it("I11: appends in the order entered, whatever the order of the answers", async () => {
    const queue = new HostQueue();
    const appended: string[] = [];
    const sends = ["a", "b", "c", "d"].map((name) => sendIn(queue, ORDER, appended, name));
    for (const index of [2, 1, 3]) {
      sends[index]?.host.resolve();
      await turn();
    }
    expect([appended, queue.holds(ORDER)]).toEqual([[], true]);
    sends[0]?.host.resolve();
    await Promise.all(sends.map(({ fate }) => fate));
    expect(appended).toEqual(["a", "b", "c", "d"]);
    expect([queue.size, queue.holds(ORDER)]).toEqual([0, false]);
  });

  it("lets pass behind one that is refused for good, and one order beside another", async () => {
    const queue = new HostQueue();
    const appended: string[] = [];
    const [first, second] = [sendIn(queue, ORDER, appended, "a"), sendIn(queue, ORDER, appended, "b")];
    const other = sendIn(queue, {}, appended, "other");
    for (const { host } of [second, other]) host.resolve();
    await turn();
    expect(appended).toEqual(["other"]);
    first.host.reject(Object.assign(new Error("no"), { code: "forbidden" }));
    expect(await Promise.all([first.fate, second.fate])).toEqual(["forbidden", "appended"]);
    expect(appended).toEqual(["other", "b"]);
  });

  it("I11: blocks those behind one that is refused with a wait, whatever the host says of them, and none before it", async () => {
    const queue = new HostQueue();
    const appended: string[] = [];
    const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => sendIn(queue, ORDER, appended, name));
    c?.host.resolve();
    await turn();
    b?.place.refuse(700);
    expect(await d?.fate, "without an answer of the host").toBe("blocked 700");
    const later = sendIn(queue, ORDER, appended, "later");
    for (const one of [later, b, a]) one?.host.resolve();
    const fates = [a, b, c, later].map((one) => one?.fate);
    expect(await Promise.all(fates)).toEqual(["appended", "appended", "blocked 700", "appended"]);
    expect(appended).toEqual(["a", "b", "later"]);
  });

  it("I11: blocks all that is here when one before them is refused on its way to the store, even in its very turn", async () => {
    const queue = new HostQueue();
    const appended: string[] = [];
    const [a, b] = [sendIn(queue, ORDER, appended, "a"), sendIn(queue, ORDER, appended, "b")];
    a.host.resolve();
    expect(await a.fate).toBe("appended");
    b.host.resolve();
    queue.refused(ORDER, 900);
    expect(await b.fate).toBe("blocked 900");
    queue.refused(ORDER, 900);
    queue.refused({}, 900);
    expect([appended, queue.size]).toEqual([["a"], 0]);
  });
});
