import { describe, expect, it } from "vitest";
import { message, type WireClient } from "../support/wire-client.ts";
import type { Frame, Row } from "../support/wire-frame.ts";
import { range, readLog, seqsOf, sleep } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";
import { integersOf, seedOfRun } from "../support/wire-seed.ts";

const scene = sceneOfFile();
const roundsCount = 3;
const sendsEach = 200;
/** Sends that a session writes in one turn. */
const waveCount = 5;

interface Sender {
  readonly user: string;
  readonly device: string;
  readonly ids: readonly string[];
  client: WireClient;
  resume: unknown;
  /** The first answer of each id, before the kill. */
  readonly acked: Map<string, Frame>;
}

async function senderOf(user: string, index: number): Promise<Sender> {
  const device = scene.fresh("device");
  const { client, welcome } = await scene.open(user, { device });
  const ids = range(1, sendsEach).map((count) => `s${index}-${count}`);
  return { user, device, ids, client, resume: welcome.resume, acked: new Map() };
}

/**
 * Writes without waiting for answers, a few a millisecond so that the server is in the middle of it; kills the server as
 * soon as `killAt` answers have come, writes on into the dead socket, and keeps what still came.
 */
async function sendUntilKilled(senders: readonly Sender[], c: string, killAt: number): Promise<void> {
  let answered = 0;
  const killed = new Promise<void>((resolve, reject) => {
    for (const { client } of senders) {
      client.socket.on("message", () => {
        answered += client.frames.at(-1)?.t === "sent" ? 1 : 0;
        if (answered === killAt) scene.server.kill9().then(resolve, reject);
      });
    }
  });
  for (let first = 0; first < sendsEach; first += waveCount) {
    for (const { client, ids } of senders) {
      for (const id of ids.slice(first, first + waveCount)) client.write(message(c, `text of ${id}`, id));
    }
    await sleep(1);
  }
  await killed;
  await Promise.all(senders.map(async ({ client }) => await client.ended));
  for (const { client, acked } of senders) for (const sent of client.take("sent")) acked.set(String(sent.id), sent);
}

/** Comes back with `resume` alone and sends everything again, in the old order: each id's answer. */
async function sendAgain(sender: Sender, c: string): Promise<Map<string, Frame>> {
  const hello = { k: 2, resume: sender.resume };
  const { client, welcome } = await scene.open(undefined, { device: sender.device, hello });
  expect(welcome).toMatchObject({ user: sender.user, resumed: true });
  sender.client = client;
  for (const id of sender.ids) client.write(message(c, `text of ${id}`, id));
  const answers = await client.collect((frame) => frame.t === "sent" || frame.t === "error", sendsEach, 30_000);
  return new Map(answers.map((answer) => [String(answer.id), answer]));
}

function expectLog(log: readonly Row[], senders: readonly Sender[], again: readonly Map<string, Frame>[]): void {
  const total = senders.length * sendsEach;
  expect(seqsOf(log), "I5: contiguous").toEqual(range(2, total + 1));
  expect(log.map((row) => row.ord)).toEqual(range(1, total));
  const keys = log.map((row) => `${row.from} ${row.id}`);
  expect(new Set(keys).size, "I4: no duplicate").toBe(total);
  const rowAt = new Map(log.map((row) => [row.seq, row]));
  for (const [index, { user, ids, acked }] of senders.entries()) {
    const answers = again[index] ?? new Map<string, Frame>();
    for (const id of ids) {
      const answer = answers.get(id);
      expect(answer, "every send is sent in the end").toMatchObject({ t: "sent", id });
      const row = rowAt.get(Number(answer?.seq));
      expect(row, "I1, I2: it stands at its seq").toMatchObject({ id, from: user, body: { text: `text of ${id}` } });
      const before = acked.get(id);
      if (before === undefined) continue;
      expect(answer, "I4, I19: what was sent before is a dup with the same seq").toEqual({ ...before, dup: true });
    }
    const own = log.filter((row) => row.from === user).map((row) => row.id);
    expect(own, "I11: in the sender's order").toEqual(ids);
  }
}

describe("600 pipelined sends and a kill -9 in the middle", { timeout: 90_000 }, () => {
  const seed = seedOfRun();
  const draw = integersOf(seed);

  it.each(range(1, roundsCount))(
    "I1, I2, I4, I5, I6, I11, I12, I19: lose, double and reorder nothing, round %i",
    async (round) => {
      const killAt = draw(20, 350);
      console.log(`round ${round}: killed after ${killAt} answers; replay with EARSHOT_SEED=${seed}`);
      const [reader, ...users] = scene.people("reader", "one", "two", "three");
      const c = await scene.create(reader, users);
      const phone = scene.fresh("phone");
      const watching = await scene.open(reader, { device: phone });
      const senders = await Promise.all(users.map(senderOf));

      await sendUntilKilled(senders, c, killAt);
      const acked = senders.reduce((sum, sender) => sum + sender.acked.size, 0);
      expect(acked, "killed in the middle: some sent").toBeGreaterThanOrEqual(killAt);
      expect(acked, "killed in the middle: some not").toBeLessThan(senders.length * sendsEach);
      await watching.client.ended;
      const seen = watching.client.take("event");

      await scene.server.restart();
      const last = Number(seen.at(-1)?.seq ?? 1);
      const have = [[c, [...(senders[0]?.acked.values() ?? [])][0]?.epoch ?? seen[0]?.epoch, last]];
      const back = await scene.open(undefined, {
        device: phone,
        hello: { k: 2, resume: watching.welcome.resume, have },
      });
      expect(back.welcome.resumed).toBe(true);
      const again = await Promise.all(senders.map(async (sender) => await sendAgain(sender, c)));

      const log = await readLog(back.client, c, 1);
      expectLog(log, senders, again);
      const stored = new Map(log.map((row) => [row.seq, row.id]));
      for (const event of seen)
        expect(stored.get(Number(event.seq)), "I6: nobody saw another at that seq").toBe(event.id);
      expect(seqsOf(seen), "I7: and each once, in order").toEqual(range(2, last));
      await expectRepaired(back.client, c, last, senders.length * sendsEach + 1);
    },
  );
});

/** After coming back the reader has each event above its cursor: by the page of `have`, by fetching on, or live. */
async function expectRepaired(client: WireClient, c: string, last: number, head: number): Promise<void> {
  await client.next({ t: "event", seq: head }, 2_000).catch(() => null);
  const pages = client.frames.filter((frame) => frame.t === "events" && frame.id === undefined);
  expect(pages.length, "one page for one cursor, or none if it was level").toBeLessThanOrEqual(1);
  const page = pages[0];
  expect(page?.reset ?? false, "I12: no reset").toBe(false);
  const paged = seqsOf(page?.events ?? []);
  expect(paged).toEqual(range(last + 1, last + paged.length));
  const live = seqsOf(client.frames.filter((frame) => frame.t === "event")).map(Number);
  const rest = page?.more === true ? seqsOf(await readLog(client, c, page.to)) : [];
  const all = new Set([...paged, ...rest, ...live]);
  expect(
    [...all].map(Number).toSorted((one, other) => one - other),
    "I9, I16",
  ).toEqual(range(last + 1, head));
}
