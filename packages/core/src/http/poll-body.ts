import { ChatError, LIMITS, measureJsonText, parseJson } from "@earshot/protocol";

/** What a poll's body holds. */
export interface PollBody {
  readonly k: number;
  /** One JSON text a frame, cut out of the body as it is: each is bounded, checked and parsed for itself. */
  readonly frames: readonly string[];
}

interface Span {
  readonly from: number;
  readonly to: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACKET = 0x5d;
const CLOSE_BRACE = 0x7d;

/**
 * Reads `{"k":2,"frames":[…]}`. What stands in `frames` is only cut into its parts: whether a part is a frame is for
 * its session to say. Throws `invalid` for what is no such body, and `too_large` for more than `framesMax` frames.
 */
export function readPollBody(text: string, framesMax: number): PollBody {
  const list = framesIn(text);
  if (list === null) throw invalid("its body is no JSON object with a list of frames");
  const rest = text.slice(0, list.from) + text.slice(list.to);
  if (measureJsonText(rest, LIMITS.depthMax, LIMITS.keysMax) !== null)
    throw invalid("its body is nested too deep or has too many keys");
  let body: unknown;
  try {
    body = parseJson(rest);
  } catch {
    throw invalid("its body is no JSON");
  }
  const { k } = body as { readonly k?: unknown };
  if (typeof k !== "number" || !Number.isSafeInteger(k) || k < 1) throw invalid("k of its body is wrong");
  return { k, frames: parts(text.slice(list.from, list.to), framesMax) };
}

/** The inside of the one list under the key `frames`; null: there is none. What else is wrong the parser sees. */
function framesIn(text: string): Span | null {
  let found: Span | null = null;
  for (let at = text.indexOf("{") + 1; at > 0 && at < text.length; at++) {
    const quote = text.indexOf('"', at);
    if (quote < 0) break;
    const behindKey = endOfText(text, quote);
    const colon = text.indexOf(":", behindKey);
    if (colon < 0) break;
    const to = endOfValue(text, colon + 1);
    if (text.slice(quote, behindKey) === '"frames"') {
      const value = text.slice(colon + 1, to);
      const from = colon + 1 + value.length - value.trimStart().length;
      const end = from + value.trim().length;
      if (found !== null || text.charCodeAt(from) !== OPEN_BRACKET || text.charCodeAt(end - 1) !== CLOSE_BRACKET)
        return null;
      found = { from: from + 1, to: end - 1 };
    }
    if (text.charCodeAt(to) !== COMMA) break;
    at = to;
  }
  return found;
}

/** The texts between the commas of a list. */
function parts(list: string, max: number): readonly string[] {
  const texts: string[] = [];
  if (list.trim() === "") return texts;
  for (let at = 0; at <= list.length; ) {
    if (texts.length >= max) throw new ChatError("too_large", `unable to take poll; it has over ${max} frames`);
    const to = endOfValue(list, at);
    texts.push(list.slice(at, to).trim());
    at = to + 1;
  }
  return texts;
}

/** Where the value that begins here ends: at a comma or a closing bracket of what it stands in, or with the text. In one pass, without recursion. */
function endOfValue(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfText(text, at) - 1;
    else if (code === OPEN_BRACKET || code === OPEN_BRACE) depth++;
    else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) {
      if (depth-- === 0) return at;
    } else if (code === COMMA && depth === 0) return at;
  }
  return text.length;
}

/** Behind the closing quote of the string that begins here. */
function endOfText(text: string, quote: number): number {
  for (let at = quote + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at + 1;
  }
  return text.length;
}

function invalid(why: string): ChatError {
  return new ChatError("invalid", `unable to take poll; ${why}`);
}
