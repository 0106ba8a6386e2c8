import { parseJson } from "@earshot/protocol";

/** What a JSON value is once it has crossed a wire: a copy of its own, which nobody can change any more. */
export function frozenCopy<Value>(value: Value): Value {
  return deepFreeze(parseJson(JSON.stringify(value))) as Value;
}

function deepFreeze(value: unknown): unknown {
  if (typeof value === "object" && value !== null) {
    for (const inside of Object.values(value)) deepFreeze(inside);
    Object.freeze(value);
  }
  return value;
}
