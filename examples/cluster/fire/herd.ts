import { ChatClient } from "@earshot/client";
import type { GatewayProcess } from "../src/gateway-process.ts";
import { BALANCER, balancedFetch, balancedTransport } from "./balanced.ts";
import { pause } from "./load.ts";
import { percentile } from "./percentile.ts";
import { Route } from "./route.ts";
import { createConversation } from "./scene.ts";

/** Members of each conversation of the herd. */
const CIRCLE = 10;
const READY_WITHIN_MS = 60_000;
const BACK_WITHIN_MS = 30_000;
const POLL_MS = 10;

export interface HerdFigures {
  readonly connections: number;
  /** Those that were back and had what was said meanwhile. */
  readonly back: number;
  /** ms from the kill to that. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Writes into one conversation. */
interface Writer {
  readonly client: ChatClient;
  readonly c: string;
  /** Of what was written; null: not acknowledged yet. */
  seq: number | null;
}

interface HerdMember {
  readonly client: ChatClient;
  readonly c: string;
  /** The highest seq that its window shows. */
  readonly newest: () => number;
}

/**
 * Fills the first gateway with connections, kills it with -9, has somebody on the second write into every conversation
 * at once, and measures until each connection is back and shows that.
 */
export async function herd(
  gateways: readonly [first: GatewayProcess, second: GatewayProcess, ...GatewayProcess[]],
  connections: number,
  tag: string,
): Promise<HerdFigures> {
  const [gateway, other] = gateways;
  const [any, apart] = [new Route(gateways), new Route([other])];
  any.only = gateway;
  const members: HerdMember[] = [];
  const writers: Writer[] = [];
  try {
    for (let circle = 0; members.length < connections; circle++) {
      const size = Math.min(CIRCLE, connections - members.length);
      const users = Array.from({ length: size }, (_, place) => `h${circle}-${place}-${tag}`);
      const writer = `w${circle}-${tag}`;
      const c = await createConversation(apart, [writer, ...users]);
      writers.push({ client: clientOf(apart, writer), c, seq: null });
      for (const user of users) members.push(join(any, user, c));
    }
    for (const { client } of writers) client.connect();
    await every(writers, ({ client }) => client.connection.current.status === "online");
    await every(members, ({ client, newest }) => client.connection.current.status === "online" && newest() >= 1);
    any.only = null;
    const from = performance.now();
    await gateway.kill();
    for (const writer of writers) void write(writer);
    return await measure(members, new Map(writers.map((writer) => [writer.c, writer])), from);
  } finally {
    await Promise.all([...members, ...writers].map(({ client }) => client.close()));
  }
}

async function write(writer: Writer): Promise<void> {
  try {
    const { seq } = await writer.client.conversation(writer.c).send({ text: "meanwhile" }).sent;
    writer.seq = seq;
  } catch {
    // Nobody is caught up with what was never sent.
  }
}

async function measure(
  members: readonly HerdMember[],
  writers: ReadonlyMap<string, Writer>,
  from: number,
): Promise<HerdFigures> {
  let away = members;
  const took: number[] = [];
  const isBack = ({ client, newest, c }: HerdMember): boolean =>
    client.connection.current.status === "online" && newest() >= (writers.get(c)?.seq ?? Number.POSITIVE_INFINITY);
  while (away.length > 0 && performance.now() - from < BACK_WITHIN_MS) {
    await pause(POLL_MS);
    const still = away.filter((member) => !isBack(member));
    const at = performance.now() - from;
    for (let back = away.length - still.length; back > 0; back--) took.push(at);
    away = still;
  }
  const [p50, p99, max] = [0.5, 0.99, 1].map((share) => Math.round(percentile(took, share))) as [
    number,
    number,
    number,
  ];
  return { connections: members.length, back: took.length, p50, p99, max };
}

function clientOf(route: Route, user: string): ChatClient {
  const silent = { opened: () => {}, heard: () => {}, closed: () => {} };
  return new ChatClient({
    url: `${BALANCER}/chat`,
    token: () => user,
    transport: balancedTransport(route, () => silent),
    fetch: balancedFetch(route),
  });
}

function join(route: Route, user: string, c: string): HerdMember {
  const client = clientOf(route, user);
  const window = client.conversation(c).messages();
  window.subscribe(() => {});
  return { client, c, newest: () => window.current.items.findLast(({ seq }) => seq !== null)?.seq ?? 0 };
}

async function every<M>(members: readonly M[], holds: (member: M) => boolean): Promise<void> {
  const end = performance.now() + READY_WITHIN_MS;
  while (!members.every(holds)) {
    if (performance.now() > end) {
      throw new Error(`unable to fill the gateway; ${members.filter(holds).length} of ${members.length} are there`);
    }
    await pause(POLL_MS);
  }
}
