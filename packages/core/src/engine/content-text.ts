import type { Body } from "@earshot/protocol";
import { canonicalJson } from "./canonical-json.ts";

/** What of a send its repeats are compared by, as text (I4): type, target and body, as they were sent. */
export function contentText(content: { readonly type: string; readonly re?: number; readonly body?: Body }): string {
  const { type, re = null, body = null } = content;
  return `[${JSON.stringify(type)},${re},${canonicalJson(body)}]`;
}
