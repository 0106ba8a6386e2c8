import type { SendType } from "@earshot/protocol";
import type { BeforeStep, EditDraft, SendDraft } from "../ports/hooks.ts";
import type { Caller } from "./caller.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { Draft } from "./draft.ts";
import { type HostVerdicts, hooked } from "./host-verdicts.ts";

/** The step at which hooks see a send of this type; null: they do not. Pure. */
export function hookBefore(type: SendType): Extract<BeforeStep, "send" | "edit" | "delete"> | null {
  if (type === "react") return null;
  return type === "edit" || type === "delete" ? type : "send";
}

/** The draft as hooks leave it; the very same where they leave it as it is. Rejects as they refuse. */
export async function rewrite(host: HostVerdicts, caller: Caller, draft: Draft): Promise<Draft> {
  const { id, c: conversation, type, re, body = {}, mentions } = draft;
  switch (type) {
    case "react":
      return draft;
    case "delete":
      await hooked(host, caller, "delete", { conversation, id, re: re ?? 0 });
      return draft;
    case "edit":
      return changed(draft, await hooked(host, caller, "edit", { conversation, id, re: re ?? 0, body }));
    default: {
      const seen: SendDraft = {
        conversation,
        id,
        type,
        body,
        ...(re === undefined ? {} : { re }),
        ...(mentions === undefined ? {} : { mentions }),
      };
      return changed(draft, await hooked(host, caller, "send", seen));
    }
  }
}

function changed(draft: Draft, made: SendDraft | EditDraft): Draft {
  const { body } = made;
  const mentions = "mentions" in made ? made.mentions : draft.mentions;
  const same = canonicalJson([body, mentions ?? null]) === canonicalJson([draft.body ?? {}, draft.mentions ?? null]);
  return same ? draft : { ...draft, body, ...(mentions === undefined ? {} : { mentions }) };
}
