/** The fields that have a value (pure): absent and undefined are not the same, neither on the wire nor in our types. */
export function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const having = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(having) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
