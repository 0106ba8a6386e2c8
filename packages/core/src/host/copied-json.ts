/** What a copy would take as text. */
export interface TextSize {
  /** A third of its bytes as UTF-8 at least, whatever has to be escaped. */
  characters: number;
}

/** Characters of a number, of `false`, and of what stands around a value or a key, at most. */
const LEAF_CHARACTERS = 30;

/**
 * What parsing its text would give, without the text, of a value that is JSON without a fault. With every send of the host's: at a quarter
 * of what text and parser cost.
 */
export function copiedJson<Value>(value: Value, size: TextSize): Value;
export function copiedJson(value: unknown, size: TextSize): unknown {
  size.characters += LEAF_CHARACTERS;
  if (typeof value === "string") {
    // An escape takes six bytes.
    size.characters += value.length * 2;
    return value;
  }
  // Text knows no negative zero.
  if (typeof value !== "object" || value === null) return value === 0 ? 0 : value;
  if (Array.isArray(value)) return value.map((inside: unknown) => copiedJson(inside, size));
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const inside = (value as Record<string, unknown>)[key];
    if (inside === undefined) continue;
    size.characters += key.length * 2;
    copy[key] = copiedJson(inside, size);
  }
  return copy;
}
