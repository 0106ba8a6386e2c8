import { conversationName, conversationsOf, membersOf, userName } from "../../population.ts";
import { processCpuSeconds } from "../../process-cpu.ts";
import { type Figures, VoidRun } from "../../scenario.ts";
import { connectMembers } from "../members/connect-member.ts";
import type { Member, MemberEvents } from "../members/member.ts";
import { pace } from "../pace.ts";
import type { RoomsTask } from "../task.ts";
import { becomes, passes } from "../wait.ts";

const ARRIVED_WITHIN_MS = 30_000;

/** A conversation in which one message is under way at a time; its members take turns. */
class Room {
  readonly name: string;
  readonly members: readonly number[];
  sent = 0;
  /** Deliveries, and the sender's answer where there is one, that the message under way still lacks. */
  left = 0;

  constructor(name: string, members: readonly number[]) {
    this.name = name;
    this.members = members;
  }
}

class Rooms implements MemberEvents {
  readonly rooms: readonly Room[];
  readonly #roomOf: readonly Room[];
  members: readonly Member[] = [];
  complete = 0;
  deliveries = 0;
  /** Deliveries that there should be. */
  expected = 0;
  /** Whether a message that is complete is followed by the next one at once. */
  saturates = false;
  /** Conversations without a message under way, longest first. */
  resting: Room[] = [];
  trouble: string | null = null;

  constructor(rooms: readonly Room[], roomOf: readonly Room[]) {
    this.rooms = rooms;
    this.#roomOf = roomOf;
  }

  send(room: Room): void {
    const sender = this.members[room.members[room.sent % room.members.length] ?? -1];
    if (sender === undefined) return;
    room.sent++;
    const deliveries = room.members.length - (sender.echoes ? 0 : 1);
    room.left = deliveries + (sender.answers ? 1 : 0);
    this.expected += deliveries;
    sender.send(room.name);
  }

  onDelivery(member: Member): void {
    this.deliveries++;
    this.#arrived(member);
  }

  onAnswer(member: Member): void {
    this.#arrived(member);
  }

  onTrouble(why: string): void {
    this.trouble ??= why;
  }

  #arrived(member: Member): void {
    const room = this.#roomOf[member.index];
    if (room === undefined) return;
    room.left--;
    if (room.left > 0) return;
    if (room.left < 0) this.onTrouble(`more came in ${room.name} than was sent`);
    this.complete++;
    if (this.saturates) this.send(room);
    else this.resting.push(room);
  }
}

/** Runs the task on members of its own. Rejects with `VoidRun` unless each message reaches each other member once. */
export async function runRooms(task: RoomsTask): Promise<Figures> {
  const { target, windowMs, warmUpMs, rate } = task;
  const rooms = await filled(task);
  let over = false;
  const sending = rate === null ? saturate(rooms) : sendAtRate(rooms, rate, () => over);
  await passes(warmUpMs);
  const before = { at: performance.now(), cpu: processCpuSeconds(target.pid), complete: rooms.complete };
  await passes(windowMs);
  const cpuSeconds = processCpuSeconds(target.pid) - before.cpu;
  const seconds = (performance.now() - before.at) / 1_000;
  const messages = rooms.complete - before.complete;
  over = true;
  rooms.saturates = false;
  await sending;
  await arrived(rooms);
  return { cpuSecondsPerMillion: (cpuSeconds / messages) * 1e6, messagesPerSecond: messages / seconds };
}

/** The conversations with everybody in them. */
async function filled({ target, population }: RoomsTask): Promise<Rooms> {
  const all = Array.from(
    { length: population.conversations },
    (_, index) => new Room(conversationName(index), membersOf(population, index)),
  );
  const own = conversationsOf(population).map(([index = 0]) => all[index] ?? new Room("", []));
  const rooms = new Rooms(all, own);
  const { port, dialect } = target;
  const addresses = own.map(({ name }, index) => ({ port, index, user: userName(index), conversation: name }));
  rooms.members = await connectMembers(dialect, addresses, rooms);
  return rooms;
}

async function saturate(rooms: Rooms): Promise<void> {
  rooms.saturates = true;
  for (const room of rooms.rooms) rooms.send(room);
}

function sendAtRate(rooms: Rooms, rate: number, over: () => boolean): Promise<void> {
  rooms.resting = [...rooms.rooms];
  const sendNext = (): void => {
    const room = rooms.resting.shift();
    if (room === undefined) rooms.onTrouble("messages come faster than they are delivered");
    else rooms.send(room);
  };
  return pace(rate, sendNext, () => over() || rooms.trouble !== null);
}

async function arrived(rooms: Rooms): Promise<void> {
  const sent = rooms.rooms.reduce((sum, room) => sum + room.sent, 0);
  await becomes(() => rooms.trouble !== null || rooms.complete === sent, ARRIVED_WITHIN_MS);
  await passes(20);
  if (rooms.trouble !== null) throw new VoidRun(rooms.trouble);
  if (rooms.complete !== sent) throw new VoidRun(`${sent} were sent, ${rooms.complete} reached everybody`);
  if (rooms.deliveries !== rooms.expected) {
    throw new VoidRun(`${rooms.deliveries} deliveries instead of ${rooms.expected}`);
  }
}
