import type { MessageStore } from "@earshot/core";
import { seenEvent, writeStored } from "@earshot/core/testing";
import { type EventRow, parseJson } from "@earshot/protocol";
import { BALANCER, balancedFetch } from "./balanced.ts";
import type { Route } from "./route.ts";
import type { RunNotes } from "./run-notes.ts";
import type { Scene } from "./scene.ts";

const PAGE_ROWS = 200;

interface Page {
  readonly epoch: string;
  readonly to: number;
  readonly more?: boolean;
  readonly events: readonly EventRow[];
}

/** Writes down what all came to: each log as the store has it and as a member pages it over HTTP, the members, and the windows. */
export async function writeFinalLines(
  { devices, conversations }: Scene,
  store: MessageStore,
  route: Route,
  notes: RunNotes,
): Promise<void> {
  for (const c of conversations) {
    const reader = devices.find((device) => device.conversations.includes(c))?.user ?? "";
    await writePages(c, reader, route, notes);
    await writeStored(store, c, false, notes.tell);
  }
  for (const device of devices) device.tellShown();
}

async function writePages(c: string, reader: string, route: Route, notes: RunNotes): Promise<void> {
  for (let after = 0, more = true; more; ) {
    const path = `/chat/conversations/${c}/messages?after=${after}&limit=${PAGE_ROWS}`;
    const answer = await balancedFetch(route)(`${BALANCER}${path}`, { headers: { authorization: `Bearer ${reader}` } });
    if (!answer.ok) throw new Error(`unable to read ${c}; ${answer.status}`);
    const page = parseJson(await answer.text()) as Page;
    for (const row of page.events) notes.tell({ ev: "log", as: "page", ...seenEvent(c, page.epoch, row) });
    after = page.to;
    more = page.more === true;
  }
}
