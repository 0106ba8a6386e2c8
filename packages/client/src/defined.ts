/** The fields that have a value (pure): absent and undefined are not the same, neither on the wire nor in our types. */
export function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const having: Partial<T> = {};
  for (const name in fields) if (fields[name] !== undefined) having[name] = fields[name];
  return having as { [K in keyof T]?: Exclude<T[K], undefined> };
}
