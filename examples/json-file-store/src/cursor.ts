import { ChatError } from "@earshot/core";
import { parseJson } from "@earshot/protocol";

/** An opaque mark: what it is for, which store gave it, and where it stands. */
export function cursorText(kind: string, store: string, ...place: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify([kind, store, ...place])).toString("base64url");
}

/** The place in it; null for a text that this store never gave for this. */
export function placeIn(text: string, kind: string, store: string): readonly unknown[] | null {
  try {
    const [itsKind, itsStore, ...place] = parseJson(Buffer.from(text, "base64url").toString()) as unknown[];
    const given = itsKind === kind && itsStore === store && cursorText(kind, store, ...(place as string[])) === text;
    return given ? place : null;
  } catch {
    return null;
  }
}

export function neverGiven(what: string): ChatError {
  return new ChatError("invalid", `unable to read ${what}; the cursor is none that this store gave`);
}
