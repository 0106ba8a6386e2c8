/**
 * JSON text in which the order of keys does not show, so that a repeat that was serialised anew
 * compares equal. Numbers and strings as `JSON.stringify` gives them.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const parts: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const inside = (value as Record<string, unknown>)[key];
    if (inside !== undefined) parts.push(`${JSON.stringify(key)}:${canonicalJson(inside)}`);
  }
  return `{${parts.join(",")}}`;
}
