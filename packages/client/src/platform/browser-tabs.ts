import type { Tabs } from "../ports/tabs.ts";

/**
 * What the tabs of one origin have in common, by Web Locks and BroadcastChannel; undefined where the
 * platform lacks either. `scope` stands before every name.
 */
export function browserTabs(scope: string): Tabs | undefined {
  const { navigator, BroadcastChannel } = globalThis as {
    navigator?: { readonly locks?: LockManager };
    BroadcastChannel?: typeof globalThis.BroadcastChannel;
  };
  const locks = navigator?.locks;
  if (locks === undefined || BroadcastChannel === undefined) return undefined;
  return {
    lock: (name, turn, take = false) => {
      const leaving = new AbortController();
      let stage: "waiting" | "held" | "over" = "waiting";
      let free = (): void => {};
      const until = new Promise<void>((resolve) => {
        free = resolve;
      });
      const hold = (): Promise<void> | undefined => {
        if (stage === "over") return undefined;
        stage = "held";
        turn.held();
        return until;
      };
      locks.request(`${scope}/${name}`, take ? { steal: true } : { signal: leaving.signal }, hold).catch(() => {
        if (stage === "held") turn.lost();
        // where no lock is to be had (a page without an origin of its own), nobody is there to share it with
        else if (stage === "waiting") turn.held();
        stage = "over";
      });
      return () => {
        if (stage === "waiting") leaving.abort();
        stage = "over";
        free();
      };
    },
    channel: (name, heard) => {
      const channel = new BroadcastChannel(`${scope}/${name}`);
      channel.onmessage = (event) => heard(event.data);
      return {
        post: (note) => channel.postMessage(note),
        close: () => {
          channel.onmessage = null;
          channel.close();
        },
      };
    },
  };
}
