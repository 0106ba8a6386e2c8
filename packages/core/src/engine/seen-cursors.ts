import { cursorPosition, type HaveEntry, isChatError } from "@earshot/protocol";
import type { Asking } from "../ports/commands.ts";
import type { Access } from "../ports/pages.ts";
import { ask, asksHost, type HostVerdicts } from "./host-verdicts.ts";

/** What may be seen of the conversations of a `have`. */
export interface SeenCursors {
  /** null: it is as if there were no such conversation. */
  readonly access: readonly (Access | null)[];
  /** Indices of those about which the host had no answer. */
  readonly unasked: ReadonlySet<number>;
}

/** Questions to the host at once, for one `have`. */
const ASKED_AT_ONCE = 16;

/**
 * Asks the host whether the conversations of a `have` may be seen: those that are behind, void, or to be
 * subscribed to; of a level cursor nothing is told. Once the host did not answer it is not asked any further.
 */
export async function seenCursors(
  host: HostVerdicts,
  caller: Asking,
  have: readonly HaveEntry[],
  access: readonly (Access | null)[],
): Promise<SeenCursors> {
  const unasked = new Set<number>();
  if (!asksHost(host, caller)) return { access, unasked };
  const seen = [...access];
  const open = have.map((_, index) => index).filter((index) => tells(have[index], access[index] ?? null));
  let silent = false;
  const askOn = async (): Promise<void> => {
    for (let index = open.shift(); index !== undefined; index = open.shift()) {
      const verdict = silent ? "silent" : await verdictOn(host, caller, (have[index] as HaveEntry)[0]);
      silent ||= verdict === "silent";
      if (verdict === "silent") unasked.add(index);
      else if (verdict === "no") seen[index] = null;
    }
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, askOn));
  return { access: seen, unasked };
}

/** Whether something is told of a conversation: its rows, its epoch, who is there. Pure. */
function tells(entry: HaveEntry | undefined, access: Access | null): boolean {
  if (entry === undefined || access === null) return false;
  const [, epoch, seq, subscribes] = entry;
  return subscribes === true || cursorPosition({ epoch, seq }, access) !== "level";
}

async function verdictOn(host: HostVerdicts, caller: Asking, conversation: string): Promise<"yes" | "no" | "silent"> {
  try {
    await ask(host, caller, { action: "see", conversation, doing: "fetch" });
    return "yes";
  } catch (error) {
    if (!isChatError(error)) throw error;
    return error.code === "not_found" ? "no" : "silent";
  }
}
