import type { GatewayLife } from "./gateway-life.ts";
import { type Answered, type Asking, lightRequest } from "./light-http.ts";
import type { LinePath } from "./line.ts";
import type { NodeClock } from "./node-clock.ts";
import type { SimulatedTime } from "./time.ts";

export interface ExchangeSurroundings {
  readonly time: SimulatedTime;
  readonly device: NodeClock;
  /** The gateway that is asked; null: none can be reached. */
  readonly life: GatewayLife | null;
  readonly path: LinePath;
  readonly address: string;
  /** What the path of every URL begins with. */
  readonly base: string;
  /** ms by which it sets out later. */
  readonly delayMs: number;
  /** Whether whoever dies on the way is noticed. */
  readonly toldOfDeath: boolean;
  /** What the gateway answers, as it leaves it. */
  told(text: string): void;
  /** It is over, for the device. */
  over(exchange: Exchange): void;
}

/** One request over HTTP and its answer, on a connection of its own. */
export class Exchange {
  /** As `fetch` resolves and rejects. Never, where nobody can know. */
  readonly answer: Promise<Answered>;
  /** Whether the device waits for its answer: not for a goodbye's, nor for what something on the way has doubled. */
  awaited = false;
  readonly #house: ExchangeSurroundings;
  readonly #asking: Asking;
  readonly #gone = new AbortController();
  #resolve: (answered: Answered) => void = () => {};
  #reject: (error: Error) => void = () => {};
  #over = false;
  /** Nothing that is written from now on arrives, on either end. */
  #broken = false;
  /** It, or its answer, was swallowed on the way. */
  #lost = false;
  #forget: () => void = () => {};

  constructor(house: ExchangeSurroundings, asking: Asking) {
    this.#house = house;
    this.#asking = asking;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get life(): GatewayLife | null {
    return this.#house.life;
  }

  /** Whether the device waits for an answer that never comes, and was not told so. */
  get severed(): boolean {
    const { device, life } = this.#house;
    return this.awaited && !this.#over && !device.dead && (this.#lost || life?.clock.dead === true);
  }

  begin(): this {
    const { life, time, delayMs } = this.#house;
    if (life === null) {
      this.break();
      return this;
    }
    this.#forget = life.clock.onEnd(() => {
      if (this.#house.toldOfDeath) this.break();
    });
    time.after(delayMs, () => this.#rise(life));
    return this;
  }

  /** The device waits no longer; the gateway hears of it, if anything passes. */
  abort(error: Error): void {
    if (this.#over) return;
    this.#end();
    this.#reject(error);
    this.#leaveGateway();
  }

  /** The device's process is dead. */
  abandon(): void {
    this.#end();
    if (this.#house.toldOfDeath) this.#leaveGateway();
  }

  /** The connection breaks, and both ends notice. */
  break(): void {
    this.#broken = true;
    this.#forget();
    this.#leaveGateway();
    this.#house.time.after(
      this.#house.path.latency(),
      () => {
        if (this.#over) return;
        this.#end();
        this.#reject(new TypeError("fetch failed"));
      },
      this.#house.device,
    );
  }

  /** What is held on either way may set out, if nothing holds it any longer. */
  release: () => void = () => {};

  #rise(life: GatewayLife): void {
    const { time, path } = this.#house;
    this.#pass("up", () => time.after(path.latency(), () => void this.#ask(life), life.clock));
  }

  async #ask(life: GatewayLife): Promise<void> {
    const { address, base } = this.#house;
    const response = await life.fetch(lightRequest(this.#asking, this.#gone.signal), { address, base });
    const text = await response.text();
    this.#house.told(text);
    // the gateway answers whoever has gone too, for nobody: that must not overtake the word of the break
    if (this.#broken) return;
    this.#sink({ status: response.status, headers: response.headers, text });
  }

  #sink(answered: Answered): void {
    const { time, path, device } = this.#house;
    this.#forget();
    const arrive = (): void => {
      if (this.#over) return;
      this.#end();
      this.#resolve(answered);
    };
    this.#pass("down", () => time.after(path.latency(), arrive, device));
  }

  /** Sets out now, or when it may; or never. */
  #pass(direction: "up" | "down", go: () => void): void {
    const { time, path } = this.#house;
    if (this.#over && direction === "down") return;
    const state = path.state(direction);
    if (state === "open") go();
    else if (state === "swallows") this.#lost = true;
    else {
      let held = true;
      this.release = () => {
        if (held && path.state(direction) === "open") {
          held = false;
          go();
        }
      };
      time.after(Math.max(1, path.heldFor(direction)), () => this.release());
    }
  }

  #leaveGateway(): void {
    const { time, path, life } = this.#house;
    if (life !== null) time.after(path.latency(), () => this.#gone.abort(null), life.clock);
  }

  #end(): void {
    this.#over = true;
    this.#forget();
    this.#house.over(this);
  }
}
