/** The same value, which nobody can change any more: what several may look at. */
export function frozen<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    for (const inside of Object.values(value)) frozen(inside);
    Object.freeze(value);
  }
  return value;
}
