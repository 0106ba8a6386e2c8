import type { Page } from "playwright-core";

/** What was wrong with the list of messages at some moment, as the page itself saw it. */
export type Sighting = string;

/**
 * Watches the messages on a page from its first paint on: after each change of the list, no message
 * stands there twice, seqs rise from row to row, and no message is drawn anew under another row.
 * Looking once at the end would miss what came and went.
 */
export async function watchLog(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const sightings: string[] = [];
    const drawn = new Map<string, Element>();
    Object.assign(globalThis, { logSightings: sightings });
    const look = (): void => {
      const list = document.querySelector('[data-testid="messages"]');
      if (list === null) {
        drawn.clear();
        return;
      }
      const ids = new Set<string>();
      let last = 0;
      for (const row of list.querySelectorAll<HTMLElement>("[data-id], [data-seq]")) {
        const { id, seq } = row.dataset;
        if (id !== undefined) {
          if (ids.has(id)) sightings.push(`message ${id} stands twice`);
          ids.add(id);
          const before = drawn.get(id);
          if (before !== undefined && before !== row && before.isConnected) sightings.push(`message ${id} drawn twice`);
          drawn.set(id, row);
        }
        if (seq === undefined) continue;
        if (Number(seq) <= last) sightings.push(`seq ${seq} stands below ${last}`);
        last = Number(seq);
      }
    };
    new MutationObserver(look).observe(document, { childList: true, subtree: true, attributes: true });
  });
}

/** What has been seen so far; empty when all was well. */
export async function sightingsOf(page: Page): Promise<readonly Sighting[]> {
  return page.evaluate(() => (globalThis as unknown as { logSightings: string[] }).logSightings);
}
