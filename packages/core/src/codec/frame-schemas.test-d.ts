import type { ClientFrame } from "@earshot/protocol";
import type { SchemaFrame } from "./frame-schemas.ts";

/** What a schema lets through may be changed by who parsed it; a frame may not. */
type DeepReadonly<T> = T extends (...given: never[]) => unknown
  ? T
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

type Assignable<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** Whether two frames have the same fields, each optional in both or in none, with values that fit both ways. */
type Same<A, B> =
  Assignable<keyof A, keyof B> extends true
    ? false extends { [K in keyof A & keyof B]-?: Assignable<Pick<A, K>, Pick<B, K>> }[keyof A & keyof B]
      ? false
      : true
    : false;

/** For each type of frame: whether what its schema lets through is protocol's frame, no more and no less. */
type Proof = {
  readonly [T in ClientFrame["t"]]: Same<
    DeepReadonly<Extract<SchemaFrame, { t: T }>>,
    DeepReadonly<Extract<ClientFrame, { t: T }>>
  >;
};

export const proof: Proof = {
  hello: true,
  have: true,
  auth: true,
  ack: true,
  ping: true,
  send: true,
  skip: true,
  inbox: true,
  fetch: true,
  subscribe: true,
  unsubscribe: true,
  read: true,
  unread: true,
  typing: true,
  active: true,
  bye: true,
};

/** No schema is left over. */
export const complete: Assignable<SchemaFrame["t"], ClientFrame["t"]> = true;

/** The proof would notice: a field of another type, one that may be missing on one side, one more. */
export const noticed: readonly [
  Same<{ t: "x"; a: 1 }, { t: "x"; a: number }>,
  Same<{ t: "x"; a: 1 }, { t: "x"; a?: 1 }>,
  Same<{ t: "x"; a: 1 }, { t: "x"; a: 1; b?: 2 }>,
] = [false, false, false];
