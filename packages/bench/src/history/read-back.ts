import type { ActorConversation } from "@earshot/core";
import type { HistoryAnswer, HistoryRequest, PageCosts } from "./history-request.ts";
import { PageMeter } from "./page-meter.ts";

const WARM_PAGES = 100;

/** Reads a conversation from its newest message to its first, page by page, as somebody does who scrolls up. Throws if a message is missing. */
export async function readBack(
  conversation: ActorConversation,
  { events, pageRows, serverPid }: HistoryRequest,
): Promise<Pick<HistoryAnswer, "newest" | "middle" | "oldest">> {
  // What follows is to be measured, not its compilation.
  for (let n = 0; n < WARM_PAGES; n++) await conversation.fetch({ limit: pageRows });
  const pages = Math.ceil(events / pageRows);
  const tenth = Math.max(1, Math.floor(pages / 10));
  const costs: PageCosts[] = [];
  let left = events;
  /** The first of them is the event that made the conversation. */
  let before = events + 2;
  const read = async (count: number, meter: PageMeter | null): Promise<void> => {
    for (let n = 0; n < count; n++) {
      const ask = () => conversation.fetch({ before, limit: pageRows });
      const page = await (meter?.page(ask) ?? ask());
      before = page.from;
      left -= page.events.filter(({ type }) => type === "message").length;
    }
    if (meter !== null) costs.push(meter.costs());
  };
  const between = Math.max(0, Math.floor((pages - 3 * tenth) / 2));
  await read(tenth, new PageMeter(serverPid));
  await read(between, null);
  await read(tenth, new PageMeter(serverPid));
  await read(pages - 3 * tenth - between, null);
  await read(tenth, new PageMeter(serverPid));
  if (left !== 0) throw new Error(`${left} messages of ${events} were not in the pages`);
  const [newest, middle, oldest] = costs as [PageCosts, PageCosts, PageCosts];
  return { newest, middle, oldest };
}
