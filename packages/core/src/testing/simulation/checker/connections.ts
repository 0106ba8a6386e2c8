import type { ConversationId, Epoch, UserId } from "@earshot/protocol";
import type { LineBook, LineOf } from "./line-book.ts";

/** One connection of a device, from its opening to its end. */
export interface Connection {
  readonly dev: string;
  readonly user: UserId;
  readonly p: string;
  /** The gateway's process, and its name without the life. */
  readonly node: string;
  readonly gateway: string;
  /** `t`: before `hello` went out. */
  opened: { readonly no: number; readonly t: number };
  /** Presented in `hello`. */
  readonly cursors: Map<ConversationId, readonly [epoch: Epoch, seq: number, no: number]>;
  welcomed: { readonly no: number; readonly t: number } | null;
  drained: { readonly no: number; readonly within: number; readonly delay: number } | null;
  closed: { readonly no: number; readonly t: number; readonly code: number; readonly side: string } | null;
}

/** A gateway's name: `n1#2` is n1 in its second life. */
export function gatewayOf(node: string): string {
  return node.split("#", 1)[0] as string;
}

/** Every connection, and which of them a line came by. */
export class Connections {
  readonly all: Connection[] = [];
  /** Of each device's life the newest. */
  readonly #newest = new Map<string, Connection>();
  readonly #byNumber = new Map<string, Connection>();
  /**
   * The last that each life presented: of a run of polls `hello` goes out before anything is open, and the one before
   * it is over for the history only then.
   */
  readonly #presented = new Map<string, { readonly line: LineOf<"have">; readonly no: number }>();
  /** Of lines that came by one, its index in `all`; -1: none. */
  readonly #at: Int32Array;

  constructor(book: LineBook) {
    this.#at = new Int32Array(book.lines.length).fill(-1);
    const indexes = new Map<Connection, number>();
    const carried = ["deliver", "gone", "head", "fail"] as const;
    const own = ["conn", "have", "welcome", "drain", "close"] as const;
    book.each([...own, ...carried], (line, no) => {
      switch (line.ev) {
        case "conn":
          indexes.set(this.#open(line, no), this.all.length - 1);
          break;
        case "have":
          this.#present(line, no);
          break;
        case "deliver":
        case "gone":
        case "fail":
        case "head": {
          const newest = this.#newest.get(line.p);
          if (newest !== undefined) this.#at[no] = indexes.get(newest) ?? -1;
          break;
        }
        default:
          this.#change(line, no);
      }
    });
  }

  /** By which connection a `deliver`, `gone`, `head` or `fail` came. */
  of(no: number): Connection | undefined {
    return this.all[this.#at[no] ?? -1];
  }

  #open({ p, dev, user, node, connection, t }: LineOf<"conn">, no: number): Connection {
    const opened: Connection = {
      ...{ dev, user, p, node, gateway: gatewayOf(node), opened: { no, t }, cursors: new Map() },
      ...{ welcomed: null, drained: null, closed: null },
    };
    this.all.push(opened);
    this.#newest.set(p, opened);
    this.#byNumber.set(`${p} ${connection}`, opened);
    return opened;
  }

  #present(line: LineOf<"have">, no: number): void {
    this.#presented.set(line.p, { line, no });
    const newest = this.#newest.get(line.p);
    if (newest?.closed === null && newest.welcomed === null) present(newest, line, no);
  }

  #change(line: LineOf<"welcome" | "drain" | "close">, no: number): void {
    const connection = this.#byNumber.get(`${line.p} ${line.connection}`);
    if (connection === undefined) return;
    if (line.ev === "welcome") {
      const hello = this.#presented.get(line.p);
      if (connection.welcomed === null && hello !== undefined && hello.no < connection.opened.no) {
        connection.opened = { no: connection.opened.no, t: hello.line.t };
        present(connection, hello.line, hello.no);
      }
      connection.welcomed ??= { no, t: line.t };
    } else if (line.ev === "drain") connection.drained ??= { no, within: line.within, delay: line.delay };
    else connection.closed ??= { no, t: line.t, code: line.code, side: line.side };
  }
}

function present({ cursors }: Connection, line: LineOf<"have">, no: number): void {
  for (const [conv, epoch, seq] of line.cursors) cursors.set(conv, [epoch, seq, no]);
}
