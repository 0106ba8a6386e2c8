import { ChatError } from "./chat-error.ts";
import type { Body } from "./event.ts";
import { isId } from "./ids.ts";

/** What a schema library has to bring along: Standard Schema, version 1 (https://standardschema.dev), as its spec allows to copy it. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A schema of JSON objects. It only looks: its output is its input. */
export type BodySchema = StandardSchema<Body, Body>;

/** What an application's bodies look like. What has no schema is any JSON object. */
export interface Definition {
  /** Bodies of messages and of their edits. */
  readonly message?: BodySchema;
  /** `meta` of conversations. */
  readonly meta?: BodySchema;
  /** Bodies of the application's own types; a type that is not named is refused then. */
  readonly events?: Readonly<Record<`x-${string}`, BodySchema>>;
}

/** The type of a schema's objects. */
type BodyOf<Schema> = Schema extends {
  readonly "~standard": { readonly types?: { readonly output: infer Output } | undefined };
}
  ? Output & Body
  : Body;

/** Bodies of messages and edits under a definition. */
export type MessageBody<D extends Definition> = BodyOf<D["message"]>;

/** `meta` of conversations under a definition. */
export type MetaOf<D extends Definition> = BodyOf<D["meta"]>;

/** Types of the application's own under a definition. */
export type OwnType<D extends Definition> =
  D["events"] extends Readonly<Record<string, BodySchema>> ? Extract<keyof D["events"], `x-${string}`> : `x-${string}`;

/** Bodies of one of them. */
export type OwnBody<D extends Definition, Type extends OwnType<D>> =
  D["events"] extends Readonly<Record<string, BodySchema>> ? BodyOf<D["events"][Type]> : Body;

type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** `never` where a schema makes of its input something else. */
type OnlyLooks<Schema> = Schema extends {
  readonly "~standard": { readonly types?: { readonly input: infer Input; readonly output: infer Output } | undefined };
}
  ? Equal<Input, Output> extends true
    ? Schema
    : never
  : Schema;

/** What `defineChat` takes: schemas of any library that speaks Standard Schema, which change nothing. */
export type CheckedDefinition<D> = {
  readonly [Part in keyof D]: Part extends "events"
    ? { readonly [Type in keyof D[Part]]: Type extends `x-${string}` ? OnlyLooks<D[Part][Type]> : never }
    : OnlyLooks<D[Part]>;
};

const PARTS: readonly string[] = ["message", "meta", "events"];

/**
 * Says what an application's bodies look like, once: the engine checks them (`new ChatEngine({ definition })`), and the
 * client takes it as a type alone (`new ChatClient<typeof definition>(…)`), so that no validator reaches the browser.
 * A schema validates and changes nothing: its defaults and transforms are not taken over, `before` hooks are for that.
 *
 * ```ts
 * export const definition = defineChat({ message: z.object({ text: z.string().max(4000) }) });
 * ```
 *
 * Throws `invalid` for what is no schema, naming it.
 */
export function defineChat<const D extends Definition>(definition: D & CheckedDefinition<D>): D {
  const { events = {}, ...others } = definition as Definition;
  for (const part of Object.keys(others))
    if (!PARTS.includes(part)) throw wrong(part, "is none of message, meta, events");
  for (const [name, schema] of Object.entries({ ...others, ...events })) {
    if (!isSchema(schema)) throw wrong(name, "is no Standard Schema");
  }
  for (const type of Object.keys(events)) {
    if (!type.startsWith("x-") || !isId(type)) throw wrong(type, "is no type of the application's own, such as x-poll");
  }
  return Object.freeze({ ...definition }) as D;
}

function isSchema(value: unknown): value is StandardSchema {
  const standard = (typeof value === "object" || typeof value === "function") && value !== null && "~standard" in value;
  if (!standard) return false;
  const { version, validate } = (value as { readonly "~standard": { version?: unknown; validate?: unknown } })[
    "~standard"
  ];
  return version === 1 && typeof validate === "function";
}

function wrong(field: string, why: string): ChatError {
  return new ChatError("invalid", `unable to define chat; ${field} ${why}`, { details: { field } });
}
