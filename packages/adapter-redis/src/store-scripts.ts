import { loadScript, type Script } from "./script-loader.ts";

const SHARED = new URL("./scripts/shared.lua", import.meta.url);

/** The store's atomic steps; each file says what it takes and gives. */
export const STORE_SCRIPTS = {
  access: withShared(new URL("./scripts/access.lua", import.meta.url)),
  append: withShared(new URL("./scripts/append.lua", import.meta.url)),
  ban: withShared(new URL("./scripts/ban.lua", import.meta.url)),
  blockDirect: withShared(new URL("./scripts/block-direct.lua", import.meta.url)),
  blockPair: withShared(new URL("./scripts/block-pair.lua", import.meta.url)),
  claimPair: withShared(new URL("./scripts/claim-pair.lua", import.meta.url)),
  create: withShared(new URL("./scripts/create.lua", import.meta.url)),
  erase: withShared(new URL("./scripts/erase.lua", import.meta.url)),
  eraseKeys: withShared(new URL("./scripts/erase-keys.lua", import.meta.url)),
  events: withShared(new URL("./scripts/events.lua", import.meta.url)),
  expire: withShared(new URL("./scripts/expire.lua", import.meta.url)),
  feed: withShared(new URL("./scripts/feed.lua", import.meta.url)),
  indexUsers: withShared(new URL("./scripts/index-users.lua", import.meta.url)),
  lease: loadScript(new URL("./scripts/lease.lua", import.meta.url)),
  members: withShared(new URL("./scripts/members.lua", import.meta.url)),
  movePosition: loadScript(new URL("./scripts/move-position.lua", import.meta.url)),
  open: loadScript(new URL("./scripts/open.lua", import.meta.url)),
  places: withShared(new URL("./scripts/places.lua", import.meta.url)),
  probe: loadScript(new URL("./scripts/probe.lua", import.meta.url)),
  purge: withShared(new URL("./scripts/purge.lua", import.meta.url)),
  put: withShared(new URL("./scripts/put.lua", import.meta.url)),
  raise: withShared(new URL("./scripts/raise.lua", import.meta.url)),
  range: withShared(new URL("./scripts/range.lua", import.meta.url)),
  receipts: withShared(new URL("./scripts/receipts.lua", import.meta.url)),
  remove: withShared(new URL("./scripts/remove.lua", import.meta.url)),
  revocations: withShared(new URL("./scripts/revocations.lua", import.meta.url)),
  revoke: withShared(new URL("./scripts/revoke.lua", import.meta.url)),
  rewind: withShared(new URL("./scripts/rewind.lua", import.meta.url)),
  rows: withShared(new URL("./scripts/rows.lua", import.meta.url)),
  settings: withShared(new URL("./scripts/settings.lua", import.meta.url)),
  tally: withShared(new URL("./scripts/tally.lua", import.meta.url)),
  userIndex: withShared(new URL("./scripts/user-index.lua", import.meta.url)),
} as const satisfies Readonly<Record<string, Script>>;

export type StoreScript = keyof typeof STORE_SCRIPTS;

function withShared(url: URL): Script {
  return loadScript(SHARED, url);
}
