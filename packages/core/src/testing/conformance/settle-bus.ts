import type { Bus, Topic } from "../../ports/bus.ts";

/** Rises with every call: no two ask by one topic. */
let calls = 0;

/**
 * Resolves when every end that is open has heard a word of every other open one, said after what was published before:
 * on a bus that keeps the order between two ends, all of that has arrived by then, or never will. A word that is lost is
 * said again after `pause`, a few milliseconds of the caller's.
 */
export async function settleBus(ends: readonly Bus[], pause: () => Promise<void>): Promise<void> {
  const topic: Topic = `c:settle-${calls++}`;
  const open: { readonly bus: Bus; readonly name: string; readonly heard: Set<string>; cancel(): void }[] = [];
  for (const [at, bus] of ends.entries()) {
    const heard = new Set<string>();
    const subscription = bus.subscribe(topic, ({ node }) => void heard.add(node));
    const isOpen = await subscription.ready.then(
      () => true,
      () => false,
    );
    if (isOpen) open.push({ bus, name: `end-${at}`, heard, cancel: subscription.cancel });
  }
  const isSettled = () => open.every((end) => open.every((other) => other === end || end.heard.has(other.name)));
  for (let n = 1; !isSettled(); n++) {
    await Promise.all(
      open.map(({ bus, name }) =>
        bus
          .publish([{ topics: [topic], envelope: { v: 1, node: name, n, kind: "raised", c: "settle" } }])
          .catch(() => {}),
      ),
    );
    if (!isSettled()) await pause();
  }
  for (const { cancel } of open) cancel();
}
