import type { ConversationId, UserId } from "@earshot/protocol";
import { Authorization } from "../host/authorization.ts";
import { BeforeHooks } from "../host/before-hooks.ts";
import { DefinitionCheck } from "../host/definition-check.ts";
import { DEFAULT_LIMITS } from "../options.ts";
import type { Authorize } from "../ports/authorize.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { Access } from "../ports/pages.ts";
import { silentLogger } from "../system/silent-logger.ts";
import { ManualClock } from "./manual-clock.ts";

/** What commands need of the host and of rights: its `authorize`, if there is one, and hooks to add. */
export function hostOfTest(
  store: Pick<MessageStore, "access">,
  {
    authorize = null,
    clock = new ManualClock(),
  }: { readonly authorize?: Authorize | null; readonly clock?: ManualClock } = {},
) {
  const house = { clock, logger: silentLogger, limits: DEFAULT_LIMITS };
  const definition = new DefinitionCheck({ ...house, definition: null });
  const access = async (user: UserId, conversation: ConversationId): Promise<Access | null> =>
    (await store.access([{ user, conversation }]))[0] ?? null;
  return {
    host: {
      authorization: new Authorization({ ...house, authorize }),
      hooks: new BeforeHooks({ ...house, definition }),
    },
    access,
  };
}
