import type { Msg } from "@nats-io/transport-node";

/** Where a message that JetStream delivered stands. */
export interface Delivery {
  /** In the stream, from 1. */
  readonly streamSeq: number;
  /** Of this consumer, from 1, without holes. */
  readonly consumerSeq: number;
  /** When the server took it, by its own clock: Unix ms. */
  readonly at: number;
}

/** What a control message of JetStream says. */
export type Control =
  /** Nothing is new. `consumerSeq`: of the last message that was delivered. */
  | { readonly kind: "heartbeat"; readonly consumerSeq: number; readonly stalled: string | null }
  /** It waits until this is answered. */
  | { readonly kind: "flow" }
  /** The consumer is no more. */
  | { readonly kind: "ended" };

const NANOS_PER_MS = 1_000_000;

/** Read from its reply subject: `$JS.ACK.<stream>.<consumer>.<delivered>.<streamSeq>.<consumerSeq>.<nanos>.<pending>`, or with domain and account before the stream. null: it has none. */
export function deliveryOf({ reply = "" }: Pick<Msg, "reply">): Delivery | null {
  const tokens = reply.split(".");
  if (tokens[0] !== "$JS" || tokens[1] !== "ACK" || tokens.length < 9) return null;
  const from = tokens.length >= 11 ? 2 : 0;
  const at = (index: number): number => Number(tokens[from + index]);
  const delivery = { streamSeq: at(5), consumerSeq: at(6), at: at(7) / NANOS_PER_MS };
  return Object.values(delivery).every(Number.isFinite) ? delivery : null;
}

/** null: it is a message like any other. */
export function controlOf({ headers }: Pick<Msg, "headers">): Control | null {
  if (headers === undefined || headers.code === 0) return null;
  if (headers.code !== 100) return { kind: "ended" };
  if (headers.description.toLowerCase().startsWith("flow")) return { kind: "flow" };
  return {
    kind: "heartbeat",
    consumerSeq: Number(headers.get("Nats-Last-Consumer")),
    stalled: headers.get("Nats-Consumer-Stalled") || null,
  };
}
