/**
 * `JSON.parse`, with keys that are what the text says.
 *
 * V8 of 13.6 to 14.6 (seen on Node.js 24.9, 24.21 and 26.10; not on 20, 22 and Chromium 156) takes a key
 * that holds an escape for another one that it has met before: once any `{"\\":…}` was parsed in a process,
 * `{"\u00e9":1}` comes out with the key `\`, and fields of one object are lost to another. One user could
 * so change what others wrote. Objects are therefore put together here when a key of the text holds an
 * escape, which is rare; strings and numbers are still the engine's own to read.
 * Throws a `SyntaxError` as `JSON.parse` does.
 */
export function parseJson(text: string): unknown {
  // most texts hold no escape at all, which is seen faster
  return text.includes("\\") && ESCAPED_KEY.test(text) ? read(text) : JSON.parse(text);
}

/** A key's last escape, the rest of the key, and its colon. Now and then a value looks like one: that costs time alone. */
const ESCAPED_KEY = /\\.[^"\\]*"\s*:/s;

/** Reads structure alone: each string and number goes to `JSON.parse` by itself. */
function read(text: string): unknown {
  let at = 0;

  const skip = (characters: string): void => {
    while (at < text.length && characters.includes(text.charAt(at))) at++;
  };
  /** Whether this comes next, which is then behind us. */
  const takes = (wanted: string): boolean => {
    skip(" \n\r\t");
    const found = text[at] === wanted;
    if (found) at++;
    return found;
  };
  const need = (right: boolean): void => {
    if (!right) throw new SyntaxError("unable to parse JSON");
  };
  const leaf = (): unknown => {
    const from = at;
    if (takes('"')) {
      for (; at < text.length && text[at] !== '"'; at++) if (text[at] === "\\") at++;
      at++;
    } else {
      while (at < text.length && !',]} \n\r\t:"{['.includes(text.charAt(at))) at++;
    }
    return JSON.parse(text.slice(from, at));
  };
  /** What stands between the brackets; `open` is behind us. */
  const list = (close: string, element: () => unknown): unknown[] => {
    const elements: unknown[] = [];
    if (takes(close)) return elements;
    do elements.push(element());
    while (takes(","));
    need(takes(close));
    return elements;
  };
  const member = (): unknown => {
    const key = leaf();
    need(typeof key === "string" && takes(":"));
    return [key, value()];
  };
  const value = (): unknown => {
    if (takes("[")) return list("]", value);
    // Entries, since assigning `__proto__` would set the prototype instead.
    return takes("{") ? Object.fromEntries(list("}", member) as [string, unknown][]) : leaf();
  };

  const whole = value();
  skip(" \n\r\t");
  need(at >= text.length);
  return whole;
}
