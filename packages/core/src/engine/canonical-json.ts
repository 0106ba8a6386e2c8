/**
 * JSON text in which the order of keys does not show, so that a repeat that was serialised anew
 * compares equal. Numbers and strings as `JSON.stringify` gives them.
 */
export function canonicalJson(value: unknown): string {
  // Most bodies have a key or two: what stands in order already costs half as much in one piece.
  return isInOrder(value) ? JSON.stringify(value) : sortedJson(value);
}

function isInOrder(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(isInOrder);
  let last = "";
  for (const key of Object.keys(value)) {
    if (key < last || !isInOrder((value as Record<string, unknown>)[key])) return false;
    last = key;
  }
  return true;
}

function sortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const parts: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const inside = (value as Record<string, unknown>)[key];
    if (inside !== undefined) parts.push(`${JSON.stringify(key)}:${sortedJson(inside)}`);
  }
  return `{${parts.join(",")}}`;
}
