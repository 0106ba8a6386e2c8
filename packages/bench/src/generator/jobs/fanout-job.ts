import { conversationName, userName } from "../../population.ts";
import { processCpuSeconds } from "../../process-cpu.ts";
import { type Figures, VoidRun } from "../../scenario.ts";
import { Latencies } from "../latencies.ts";
import { connectMembers } from "../members/connect-member.ts";
import type { Member, MemberEvents } from "../members/member.ts";
import { pace } from "../pace.ts";
import type { FanoutTask } from "../task.ts";
import { becomes, passes } from "../wait.ts";

const OUTSTANDING = 8;
/** Messages that may be on their way at once at a fixed rate; the server cannot keep up with more. */
const ON_THE_WAY_MAX = 65_536;
const ARRIVED_WITHIN_MS = 30_000;
const CONVERSATION = conversationName(0);

/** What is measured of one window. */
interface Window {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly deliveries: number;
}

/** One sender and its receivers. Every message reaches all of them in order, so that the count of what came names it. */
class Fanout implements MemberEvents {
  readonly #receivers: number;
  readonly #left = new Uint32Array(ON_THE_WAY_MAX);
  readonly #sentAt = new Float64Array(ON_THE_WAY_MAX);
  sender: Member | null = null;
  sent = 0;
  deliveries = 0;
  complete = 0;
  trouble: string | null = null;
  latencies: Latencies | null = null;
  /** Whether each message that is complete makes room for another. */
  saturates = false;

  constructor(receivers: number) {
    this.#receivers = receivers;
  }

  send(): void {
    const place = this.sent % ON_THE_WAY_MAX;
    if (this.sent - this.complete >= ON_THE_WAY_MAX) this.onTrouble("messages come faster than they are delivered");
    this.#left[place] = this.#receivers;
    this.#sentAt[place] = performance.now();
    this.sent++;
    this.sender?.send(CONVERSATION);
  }

  onDelivery(member: Member): void {
    if (member === this.sender) {
      this.onTrouble("the sender got its own message");
      return;
    }
    this.deliveries++;
    const place = (member.delivered - 1) % ON_THE_WAY_MAX;
    this.latencies?.add(performance.now() - (this.#sentAt[place] ?? 0));
    const left = (this.#left[place] ?? 0) - 1;
    this.#left[place] = left;
    if (left > 0) return;
    this.complete++;
    if (this.saturates) this.send();
  }

  onAnswer(): void {}

  onTrouble(why: string): void {
    this.trouble ??= why;
  }
}

/** Runs the task on members of its own. Rejects with `VoidRun` unless each receiver gets each message once. */
export async function runFanout(task: FanoutTask): Promise<Figures> {
  const { target, population, windowMs, warmUpMs, rate } = task;
  const fanout = new Fanout(population.users - 1);
  const members = await connectMembers(
    target.dialect,
    Array.from({ length: population.users }, (_, index) => ({
      port: target.port,
      index,
      user: userName(index),
      conversation: CONVERSATION,
    })),
    fanout,
    (index) => index > 0,
  );
  fanout.sender = members[0] ?? null;

  if (rate !== null) {
    const paced = await atRate(task, fanout, members, rate);
    return { ...figuresOf(paced.window), ...paced.latencies.figures() };
  }
  fanout.saturates = true;
  for (let message = 0; message < OUTSTANDING; message++) fanout.send();
  await passes(warmUpMs);
  const window = await measured(task, fanout, () => passes(windowMs));
  fanout.saturates = false;
  await arrived(fanout, members);
  const perSecond = window.deliveries / window.seconds / (population.users - 1);
  const half = await atRate(task, fanout, members, perSecond / 2);
  return { ...figuresOf(window), ...half.latencies.figures() };
}

async function atRate(
  task: FanoutTask,
  fanout: Fanout,
  members: readonly Member[],
  perSecond: number,
): Promise<{ readonly window: Window; readonly latencies: Latencies }> {
  const { windowMs, warmUpMs } = task;
  let over = false;
  const sending = pace(
    perSecond,
    () => fanout.send(),
    () => over || fanout.trouble !== null,
  );
  await passes(warmUpMs);
  const latencies = new Latencies();
  fanout.latencies = latencies;
  const window = await measured(task, fanout, () => passes(windowMs));
  over = true;
  await sending;
  await arrived(fanout, members);
  fanout.latencies = null;
  return { window, latencies };
}

async function measured({ target }: FanoutTask, fanout: Fanout, work: () => Promise<void>): Promise<Window> {
  const before = { at: performance.now(), cpu: processCpuSeconds(target.pid), deliveries: fanout.deliveries };
  await work();
  return {
    seconds: (performance.now() - before.at) / 1_000,
    cpuSeconds: processCpuSeconds(target.pid) - before.cpu,
    deliveries: fanout.deliveries - before.deliveries,
  };
}

function figuresOf({ seconds, cpuSeconds, deliveries }: Window): Figures {
  return {
    cpuSecondsPerMillion: (cpuSeconds / deliveries) * 1e6,
    deliveriesPerSecond: deliveries / seconds,
  };
}

/** Waits until everything that was sent has reached everybody, and once more for what should not come. */
async function arrived(fanout: Fanout, members: readonly Member[]): Promise<void> {
  const { sender } = fanout;
  const done = (): boolean =>
    fanout.trouble !== null ||
    (fanout.complete === fanout.sent && (sender?.answers !== true || sender.answered === fanout.sent));
  await becomes(done, ARRIVED_WITHIN_MS);
  await passes(20);
  if (fanout.trouble !== null) throw new VoidRun(fanout.trouble);
  const answered = sender?.answers === true ? sender.answered : fanout.sent;
  if (answered !== fanout.sent) throw new VoidRun(`${fanout.sent} were sent, ${answered} answered`);
  for (const member of members) {
    if (member === sender || member.delivered === fanout.sent) continue;
    throw new VoidRun(`${fanout.sent} were sent, ${member.delivered} reached receiver ${member.index}`);
  }
}
