import { ChatClient, type WindowView } from "@earshot/client";
import { sourceAddress } from "../generator/source-address.ts";
import { until } from "../latency/online.ts";
import { monotonicMicros } from "../latency/questions.ts";
import { userName } from "../population.ts";
import { CutNetwork } from "./cut-network.ts";

/** What all clients of a run write to. */
export interface JitterNotes {
  readonly replays: number[];
  readonly live: number[];
  cuts: number;
}

/** An application with one window, whose network comes and goes. */
export class JitterClient {
  readonly #chat: ChatClient;
  readonly #network: CutNetwork;
  readonly #notes: JitterNotes;
  readonly #ready: Promise<void>;
  #view: WindowView | null = null;
  /** The last message that is shown. */
  #seq = 0;
  #isCut = false;
  /** Seq that was to be caught up to when the network came back, and when that was; null: nothing is. */
  #replaying: { readonly to: number; readonly since: number } | null = null;

  constructor(url: string, index: number, c: string, notes: JitterNotes) {
    this.#notes = notes;
    this.#network = new CutNetwork(sourceAddress(index));
    const { transport } = this.#network;
    this.#chat = new ChatClient({ url, token: () => userName(index), transport, network: this.#network });
    const window = this.#chat.conversation(c).messages();
    window.subscribe((view) => this.#show(view));
    this.#ready = until(window, ({ status }) => status === "live");
  }

  ready(): Promise<void> {
    return this.#ready;
  }

  get seq(): number {
    return this.#seq;
  }

  cut(): void {
    this.#isCut = true;
    this.#replaying = null;
    this.#notes.cuts++;
    this.#network.cut();
  }

  /** `head`: the last message that was answered by now. */
  restore(head: number): void {
    this.#isCut = false;
    if (head > this.#seq) this.#replaying = { to: head, since: performance.now() };
    this.#network.restore();
  }

  /** Messages that it shows, and those of them that stand there twice or out of order. */
  shown(): { readonly messages: number; readonly twice: number } {
    const seqs = (this.#view?.items ?? []).flatMap((item) => (item.kind === "message" ? (item.seq ?? []) : []));
    const twice = seqs.filter((seq, at) => at > 0 && seq <= (seqs[at - 1] ?? 0)).length;
    return { messages: new Set(seqs).size, twice };
  }

  close(): Promise<void> {
    return this.#chat.close();
  }

  #show(view: WindowView): void {
    this.#view = view;
    const last = view.items.at(-1);
    const before = this.#seq;
    this.#seq = last?.seq ?? this.#seq;
    if (this.#replaying !== null && this.#seq >= this.#replaying.to) {
      this.#notes.replays.push(performance.now() - this.#replaying.since);
      this.#replaying = null;
    } else if (this.#replaying === null && !this.#isCut && this.#seq === before + 1 && last?.kind === "message") {
      const sentAt = last.body["at"];
      if (typeof sentAt === "number") this.#notes.live.push((monotonicMicros() - sentAt) / 1_000);
    }
  }
}
