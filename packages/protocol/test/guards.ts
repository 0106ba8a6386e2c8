/** Guards from which the shape of a frame is put together. Each is tied to the type it guards. */
export type Guard<T> = (value: unknown) => value is T;

/** A field that may be absent. */
export interface Optional<T> {
  readonly optional: Guard<T>;
}

/** A guard for each field of T, and for none that T has not; the optional ones marked as such. */
export type Shape<T> = {
  readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? Optional<Exclude<T[K], undefined>> : Guard<T[K]>;
};

export const text: Guard<string> = (value) => typeof value === "string";
export const flag: Guard<boolean> = (value) => typeof value === "boolean";
export const yes: Guard<true> = (value) => value === true;
export const counter: Guard<number> = (value): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
export const json: Guard<Readonly<Record<string, unknown>>> = (value): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const absent: Guard<null> = (value) => value === null;

export function optional<T>(guard: Guard<T>): Optional<T> {
  return { optional: guard };
}

export function oneOf<const T extends readonly (string | number)[]>(...values: T): Guard<T[number]> {
  return (value): value is T[number] => values.includes(value as never);
}

export function either<A, B>(a: Guard<A>, b: Guard<B>): Guard<A | B> {
  return (value): value is A | B => a(value) || b(value);
}

export function list<T>(of: Guard<T>): Guard<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every(of);
}

export function tuple<T extends readonly unknown[]>(...of: { readonly [K in keyof T]: Guard<T[K]> }): Guard<T> {
  return (value): value is T =>
    Array.isArray(value) && value.length === of.length && of.every((guard, at) => guard(value[at]));
}

/** Fields of a value that no shape knows; a receiver ignores them. */
export function unknownFields<T>(shape: Shape<T>, value: object): string[] {
  return Object.keys(value).filter((field) => !Object.hasOwn(shape, field));
}

/** Fields of a value that are not what the shape says, and those that it misses. */
export function wrongFields<T>(shape: Shape<T>, value: object): string[] {
  return Object.entries<Guard<unknown> | Optional<unknown>>(shape).flatMap(([field, guard]) => {
    if (typeof guard === "function") return guard((value as Record<string, unknown>)[field]) ? [] : [field];
    if (!Object.hasOwn(value, field)) return [];
    return guard.optional((value as Record<string, unknown>)[field]) ? [] : [field];
  });
}

export function optionalFields<T>(shape: Shape<T>): string[] {
  return Object.entries(shape).flatMap(([field, guard]) => (typeof guard === "function" ? [] : [field]));
}

/** A value of that shape, with no field beside. */
export function exactly<T>(shape: Shape<T>): Guard<T> {
  return (value): value is T =>
    json(value) && wrongFields(shape, value).length === 0 && unknownFields(shape, value).length === 0;
}
