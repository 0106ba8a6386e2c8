import type { ConversationId, Role, UserId } from "@earshot/protocol";
import type { Operation, PlannedConversation, PlannedDevice } from "./plan.ts";
import type { Draw } from "./plan-draw.ts";

export interface Cast {
  readonly devices: readonly PlannedDevice[];
  readonly conversations: readonly PlannedConversation[];
  /** Who has a device. */
  readonly users: readonly UserId[];
  /** Whoever may become a member. */
  readonly everybody: readonly UserId[];
  readonly fireMs: number;
}

/** By when conversations are there and windows are open, in ms. */
const BEGUN_MS = 1_000;
/** Time before the end of the first phase in which nothing is done any more, in ms. */
const END_MS = 2_000;

/** What users do: for some seconds much, then nothing for a while, and again. */
export function drawOperations(draw: Draw, cast: Cast): readonly Operation[] {
  const acts = new Acts(draw, cast);
  acts.begin();
  const scenes = draw.int(3, 5);
  const sends = draw.int(283, 303);
  const sceneMs = (cast.fireMs - BEGUN_MS - END_MS) / scenes;
  for (let scene = 0; scene < scenes; scene++) {
    const from = BEGUN_MS + scene * sceneMs;
    acts.scene(from, Math.min(sceneMs, draw.int(3, 9) * 1_000), Math.round(sends / scenes));
  }
  return acts.sorted;
}

/** Draws operations, and follows who would be a member of what if all of them went well. */
class Acts {
  readonly #draw: Draw;
  readonly #cast: Cast;
  readonly #operations: Operation[] = [];
  readonly #members = new Map<ConversationId, Map<UserId, Role>>();
  readonly #made: PlannedConversation[];

  constructor(draw: Draw, cast: Cast) {
    this.#draw = draw;
    this.#cast = cast;
    this.#made = [...cast.conversations];
    for (const conversation of this.#made) this.#enrol(conversation);
  }

  /** By their moment; of one moment in the order drawn. */
  get sorted(): readonly Operation[] {
    return this.#operations.sort((a, b) => a.at - b.at);
  }

  /** Devices look at some of their conversations from the beginning; more is no other interleaving, and costs the most. */
  begin(): void {
    for (const [device, { user }] of this.#cast.devices.entries()) {
      for (const { id } of this.#made) {
        const looks = this.#members.get(id)?.has(user) === true ? 0.22 : 0.03;
        if (this.#draw.chance(looks)) this.#add({ at: this.#draw.int(100, BEGUN_MS), op: "open", device, conv: id });
      }
      if (this.#draw.chance(0.6)) this.#watch(device, this.#draw.int(100, BEGUN_MS));
    }
  }

  scene(from: number, ms: number, sends: number): void {
    const at = (): number => Math.round(from + this.#draw.int(0, ms));
    for (let left = sends; left > 0; ) left -= this.#send(at(), left);
    for (let acts = this.#draw.int(4, 8); acts > 0; acts--) this.#change(at());
    for (let acts = this.#draw.int(4, 8); acts > 0; acts--) this.#look(at());
    if (this.#draw.chance(0.6)) this.#memberChange(at());
    if (this.#draw.chance(0.3)) this.#memberChange(at());
    if (this.#draw.chance(0.25)) this.#create(at());
  }

  /** Some sends in a row; gives how many. */
  #send(at: number, left: number): number {
    const most = this.#draw.weighed([
      [4, 1],
      [4, 4],
      [5, 10],
      [6, 28],
    ]);
    const count = Math.min(left, this.#draw.int(Math.ceil(most / 2), most));
    const conv = this.#draw.one(this.#made).id;
    const writers = this.#devicesOf(conv, (role) => role !== "reader");
    const device = writers.length === 0 || this.#draw.chance(0.02) ? this.#anyDevice() : this.#draw.one(writers);
    this.#add({ at, op: "send", device, conv, count });
    return count;
  }

  /** Edits, deletions and reactions. */
  #change(at: number): void {
    const { id } = this.#draw.one(this.#made);
    const devices = this.#devicesOf(id, (role) => role !== "reader");
    if (devices.length === 0) return;
    const op = this.#draw.one(["edit", "delete", "react", "react"] as const);
    this.#add({ at, op, device: this.#draw.one(devices), conv: id, pick: this.#draw.int(0, 1_000) });
  }

  /** Reads, types, opens, shuts, watches; says whether it is in use. */
  #look(at: number): void {
    const { id } = this.#draw.one(this.#made);
    const devices = this.#devicesOf(id, () => true);
    if (devices.length === 0) return;
    const device = this.#draw.one(devices);
    const op = this.#draw.weighed([
      [6, "read"],
      [3, "type"],
      [2, "open"],
      [1, "shut"],
      [1, "watch"],
      [1, "activity"],
    ] as const);
    if (op === "watch") this.#watch(device, at);
    else if (op === "activity") this.#add({ at, op: this.#draw.one(["invisible", "idle", "active"] as const), device });
    else this.#add({ at, op, device, conv: id });
  }

  #watch(device: number, at: number): void {
    const own = this.#cast.devices[device]?.user;
    const convs = this.#made.filter(({ id }) => this.#members.get(id)?.has(own ?? "") === true);
    if (convs.length === 0) return;
    const conv = this.#draw.one(convs).id;
    const others = [...(this.#members.get(conv)?.keys() ?? [])].filter((user) => user !== own);
    if (others.length > 0) this.#add({ at, op: "watch", device, conv, user: this.#draw.one(others) });
  }

  /** Some come, some go: over the limit where it is near. */
  #memberChange(at: number): void {
    const conversations = this.#made.filter(({ kind }) => kind !== "direct");
    if (conversations.length === 0) return;
    const { id, creator } = this.#draw.one(conversations);
    const members = this.#members.get(id) as Map<UserId, Role>;
    const absent = this.#cast.everybody.filter((user) => !members.has(user));
    const removable = [...members.keys()].filter((user) => user !== creator);
    const comes = absent.length > 0 && (removable.length < 2 || this.#draw.chance(0.55));
    const users = this.#draw.some(comes ? absent : removable, this.#draw.int(1, 3));
    const changes = users.map((user) => [user, comes ? "member" : null] as const);
    if (changes.length === 0) return;
    for (const [user, role] of changes) {
      if (role === null) members.delete(user);
      else members.set(user, role);
    }
    this.#add({ at, op: "members", conv: id, members: changes });
    if (!comes && this.#draw.chance(0.4)) this.#takeBack(id, users, at + this.#draw.int(300, 4_000));
    for (const [device, { user }] of this.#cast.devices.entries()) {
      if (comes && users.includes(user))
        this.#add({ at: at + this.#draw.int(200, 2_000), op: "open", device, conv: id });
    }
  }

  /** They were not meant to go: what was said meanwhile is a void in their logs. */
  #takeBack(conv: ConversationId, users: readonly UserId[], at: number): void {
    const members = this.#members.get(conv) as Map<UserId, Role>;
    for (const user of users) members.set(user, "member");
    this.#add({ at, op: "members", conv, members: users.map((user) => [user, "member"] as const) });
  }

  #create(at: number): void {
    const creator = this.#draw.one(this.#cast.users);
    const others = this.#cast.users.filter((user) => user !== creator);
    const conversation: PlannedConversation = {
      id: `c${this.#made.length + 1}`,
      kind: "group",
      creator,
      members: others.filter(() => this.#draw.chance(0.8)).map((user) => [user, "member"]),
      wholeHistory: this.#draw.chance(0.5),
    };
    this.#add({ at, op: "create", conversation });
    this.#made.push(conversation);
    this.#enrol(conversation);
    for (const device of this.#devicesOf(conversation.id, () => true)) {
      this.#add({ at: at + this.#draw.int(100, 2_000), op: "open", device, conv: conversation.id });
    }
  }

  #enrol({ id, creator, kind, members }: PlannedConversation): void {
    this.#members.set(id, new Map([[creator, kind === "direct" ? "member" : "owner"], ...members]));
  }

  #devicesOf(c: ConversationId, may: (role: Role) => boolean): readonly number[] {
    const members = this.#members.get(c);
    return [...this.#cast.devices.entries()].flatMap(([index, { user }]) => {
      const role = members?.get(user);
      return role !== undefined && may(role) ? [index] : [];
    });
  }

  #anyDevice(): number {
    return this.#draw.int(0, this.#cast.devices.length - 1);
  }

  /** What follows from another one comes before the end of the phase all the same. */
  #add(operation: Operation): void {
    this.#operations.push({ ...operation, at: Math.min(operation.at, this.#cast.fireMs - 1) });
  }
}
