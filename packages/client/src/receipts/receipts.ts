import {
  type ConversationId,
  type Epoch,
  type EventRow,
  type MemberBody,
  RECEIPT_MEMBERS_MAX,
  type ReceiptFrame,
  type SubscribedFrame,
  type TallyFrame,
  type UserId,
} from "@earshot/protocol";
import type { Changes } from "../changes.ts";
import { KeyedCells } from "../keyed-cells.ts";
import type { Live } from "../live.ts";
import type { ReceiptsView } from "../receipts.ts";

const NOTHING = { delivered: 0, read: 0 };
const UNKNOWN: ReceiptsView = Object.freeze({ members: new Map(), tally: new Map(), ...NOTHING });

/** What receipts need of their neighbours. */
export interface ReceiptsHost {
  readonly changes: Changes;
  user(): UserId | null;
  /** Whether somebody looks at the conversation; else it is not kept. */
  watched(c: ConversationId): boolean;
  /** The watermarks of others have risen, or are others'. */
  onChange(c: ConversationId): void;
}

interface Watermarks {
  readonly epoch: Epoch;
  /** Members' events up to here are in it. */
  asOf: number;
  /** Up to where the user has read. */
  own: number;
  /** The others'; null where they are too many to be named. */
  others: Map<UserId, { readonly delivered: number; readonly read: number }> | null;
  /** Of users who are not known as members yet: receipts overtake the events that wait for their turn. */
  readonly early: Map<UserId, { readonly delivered: number; readonly read: number }>;
  /** How many there are, or more. */
  members: number;
  /** Null until somebody looks. */
  view: ReceiptsView | null;
}

/** How far the others have it, in the conversations that are looked at. Watermarks only rise (I14). */
export class Receipts {
  readonly #host: ReceiptsHost;
  readonly #known = new Map<ConversationId, Watermarks>();
  /** The newest events of what is looked at: a `subscribed` may be as of before them, and they do not come again. */
  readonly #recent = new Map<ConversationId, { readonly epoch: Epoch; readonly rows: EventRow[] }>();
  readonly #cells: KeyedCells<ReceiptsView>;

  constructor(host: ReceiptsHost) {
    this.#host = host;
    this.#cells = new KeyedCells(host.changes, { value: (c) => this.reach(c) });
  }

  of(c: ConversationId): Live<ReceiptsView> {
    return this.#cells.of(c);
  }

  /** How far every other member has it; 0 while that is not known. */
  reach(c: ConversationId): ReceiptsView {
    const known = this.#known.get(c);
    if (known?.others && known.others.size > 0) known.view ??= viewOf(known.others);
    return known?.view ?? UNKNOWN;
  }

  /** Up to where the user has read; null where that is not known here. */
  own(c: ConversationId): number | null {
    return this.#known.get(c)?.own ?? null;
  }

  /**
   * These are the members as of `head`, above which events may have come before it; what is said of them never lies
   * below what was told before.
   */
  subscribed({ c, epoch, head, members, watermarks }: SubscribedFrame): void {
    for (const kept of [...this.#known.keys(), ...this.#recent.keys()]) if (!this.#host.watched(kept)) this.gone(kept);
    const was = this.#of(c, epoch);
    const others: Watermarks["others"] = members > RECEIPT_MEMBERS_MAX ? null : new Map();
    const view = others === null && was?.others === null ? was.view : null;
    const early = was?.early ?? new Map<UserId, typeof NOTHING>();
    this.#known.set(c, { epoch, asOf: head, own: was?.own ?? 0, others, early, members, view });
    for (const [user, delivered, read] of watermarks) {
      const { delivered: d, read: r } = was?.others?.get(user) ?? NOTHING;
      this.#raise(c, user, Math.max(delivered, d), Math.max(read, r));
    }
    const recent = this.#recent.get(c);
    if (recent?.epoch === epoch) this.#follow(c, epoch, recent.rows);
    this.#changed(c);
  }

  /** Somebody has more than before. */
  take({ c, user, delivered, read }: ReceiptFrame): void {
    const known = this.#known.get(c);
    if (user === this.#host.user() || known?.others?.has(user)) {
      if (this.#raise(c, user, delivered, read)) this.#changed(c);
    } else if (known?.others && delivered > known.asOf) {
      // one that was on its way when its user left, and says no more than that, must not bring them back
      if (known.early.size >= RECEIPT_MEMBERS_MAX) known.early.clear();
      known.early.set(user, { delivered, read });
    }
  }

  /** They are too many to be named: how many have each of the newest messages. */
  tally({ c, tally }: TallyFrame): void {
    const known = this.#known.get(c);
    if (known?.others !== null) return;
    const { delivered, read } = known.view ?? NOTHING;
    // whoever wrote it has it
    const all = (of: 1 | 2): number => Math.max(0, ...tally.map((row) => (row[of] < known.members - 1 ? 0 : row[0])));
    known.view = Object.freeze({
      ...{ members: UNKNOWN.members, delivered: Math.max(delivered, all(1)), read: Math.max(read, all(2)) },
      tally: new Map(tally.map(([seq, has, saw]) => [seq, Object.freeze({ delivered: has, read: saw })])),
    });
    this.#changed(c);
  }

  /** Events of a log, in order: who writes has read, and members come and go. */
  applied(c: ConversationId, epoch: Epoch, rows: readonly EventRow[]): void {
    this.#remember(c, epoch, rows);
    // what an earlier life of the log had is void, and nobody has that much of this one
    const isOver = this.#known.has(c) && this.#of(c, epoch) === undefined;
    if (this.#follow(c, epoch, rows) || isOver) this.#changed(c);
  }

  /** Whether anything is another than before. */
  #follow(c: ConversationId, epoch: Epoch, rows: readonly EventRow[]): boolean {
    let changed = false;
    for (const { seq, type, from, body } of rows) {
      const known = this.#of(c, epoch);
      if (!known || seq <= known.asOf) continue;
      known.asOf = seq;
      if (!known.others) {
        // who only changes the role is counted anew: what all have is never said too early
        for (const [, role] of type === "member" ? ((body as MemberBody | undefined)?.members ?? []) : [])
          known.members += role === null ? -1 : 1;
        continue;
      }
      if (type === "member") {
        changed = true;
        for (const [user, role] of (body as MemberBody | undefined)?.members ?? []) {
          const has = known.others.get(user);
          // what was before somebody came is theirs from the start
          if (role !== null && !has) this.#join(c, known, user, seq);
          // who has more than this has come back since, as a later event will say
          if (role === null && has && has.delivered <= seq) known.others.delete(user);
        }
        known.members = known.others.size + 1;
        if (known.members > RECEIPT_MEMBERS_MAX) known.others = null;
        known.view = null;
      } else if (type !== "meta" && known.others.has(from)) {
        changed = this.#raise(c, from, seq, seq) || changed;
      }
    }
    return changed;
  }

  #remember(c: ConversationId, epoch: Epoch, rows: readonly EventRow[]): void {
    if (!this.#host.watched(c)) return;
    const known = this.#recent.get(c);
    const recent = known?.epoch === epoch ? known : { epoch, rows: [] };
    for (const row of rows) if (row.seq > (recent.rows.at(-1)?.seq ?? 0)) recent.rows.push(row);
    recent.rows.splice(0, recent.rows.length - RECEIPT_MEMBERS_MAX);
    this.#recent.set(c, recent);
  }

  /** The conversation is not the user's any more. */
  gone(c: ConversationId): void {
    this.#recent.delete(c);
    this.#drop(c);
  }

  /** Another user is signed in. */
  forget(): void {
    for (const c of [...this.#known.keys(), ...this.#recent.keys()]) this.gone(c);
  }

  #join(c: ConversationId, { early }: Watermarks, user: UserId, seq: number): void {
    const { delivered, read } = early.get(user) ?? NOTHING;
    early.delete(user);
    this.#raise(c, user, Math.max(seq, delivered), Math.max(seq, read));
  }

  #raise(c: ConversationId, user: UserId, delivered: number, read: number): boolean {
    const known = this.#known.get(c);
    if (known && user === this.#host.user()) known.own = Math.max(known.own, read);
    if (!known?.others || user === this.#host.user()) return false;
    const was = known.others.get(user) ?? NOTHING;
    const raised = Object.freeze({
      delivered: Math.max(was.delivered, delivered, read),
      read: Math.max(was.read, read),
    });
    if (raised.delivered === was.delivered && raised.read === was.read && known.others.has(user)) return false;
    known.others.set(user, raised);
    known.view = null;
    return true;
  }

  /** What is known of this life of the log; an earlier one's is void. */
  #of(c: ConversationId, epoch: Epoch): Watermarks | undefined {
    if (this.#known.get(c)?.epoch !== epoch) this.#drop(c);
    return this.#known.get(c);
  }

  #drop(c: ConversationId): void {
    if (this.#known.delete(c)) this.#cells.touch(c);
  }

  #changed(c: ConversationId): void {
    this.#cells.touch(c);
    this.#host.onChange(c);
  }
}

function viewOf(others: NonNullable<Watermarks["others"]>): ReceiptsView {
  const least = (of: "delivered" | "read"): number => Math.min(...[...others.values()].map((each) => each[of]));
  return Object.freeze({
    members: new Map(others),
    tally: UNKNOWN.tally,
    delivered: least("delivered"),
    read: least("read"),
  });
}
