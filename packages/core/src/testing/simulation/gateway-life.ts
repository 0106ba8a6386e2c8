import { ChatEngine, houseOf } from "../../chat-engine.ts";
import type { FetchContext } from "../../http/http-api.ts";
import type { ChatEngineOptions } from "../../options.ts";
import type { AcceptConnection } from "../../ports/transport.ts";
import { PlannedCrash } from "./crash-point.ts";
import type { CrashPoint } from "./fault.ts";
import type { NodeClock } from "./node-clock.ts";
import type { PortUser } from "./port-user.ts";
import type { SimulatedTime } from "./time.ts";

/** One life of a gateway's process: a real engine, from its start to its end, however it ends. */
export class GatewayLife implements PortUser {
  readonly node: string;
  /** `n1#2`: the second life of n1. */
  readonly name: string;
  readonly clock: NodeClock;
  readonly crash = new PlannedCrash();
  readonly #time: SimulatedTime;
  #chat: ChatEngine | null = null;

  constructor(time: SimulatedTime, clock: NodeClock, node: string, life: number) {
    this.#time = time;
    this.clock = clock;
    this.node = node;
    this.name = `${node}#${life}`;
  }

  /** Its engine, which is there from the first moment on. */
  get chat(): ChatEngine {
    if (this.#chat === null) throw new Error(`${this.name} has no engine yet`);
    return this.#chat;
  }

  /** Builds the engine. */
  begin(options: ChatEngineOptions): ChatEngine {
    this.#chat = new ChatEngine(options);
    return this.#chat;
  }

  /** Whether nobody comes in: it starts, it leaves, it is dead. */
  get closed(): boolean {
    return this.clock.dead || houseOf(this.chat).closedBecause() !== null;
  }

  readonly accept: AcceptConnection = (connection) => houseOf(this.chat).accept(connection);

  fetch(request: Request, context: FetchContext): Promise<Response> {
    return this.chat.fetch(request, context);
  }

  /** Runs it in this process, in a turn of its own; not at all if it is dead by then. */
  run(work: () => void): void {
    this.#time.after(0, work, this.clock);
  }

  crashesAt(point: CrashPoint): boolean {
    return this.crash.at(point);
  }
}
