import type { NetworkChange, NetworkStatus } from "../ports/network-status.ts";

/** What a page can know of its network and its sleep; where there is no page, nothing is ever reported. */
export const pageNetwork: NetworkStatus = {
  subscribe: (listener) => {
    const undo: (() => void)[] = [];
    const { window, document } = globalThis as { window?: Window; document?: Document };
    const on = (target: EventTarget | undefined, type: string, change: () => NetworkChange): void => {
      const heard = (): void => listener(change());
      target?.addEventListener?.(type, heard);
      undo.push(() => target?.removeEventListener?.(type, heard));
    };
    on(window, "online", () => "online");
    on(window, "offline", () => "offline");
    // a page that comes out of the back-forward cache had its sockets closed
    on(window, "pageshow", () => "wake");
    on(document, "resume", () => "wake");
    on(document, "visibilitychange", () => (document?.visibilityState === "visible" ? "wake" : "hidden"));
    if (document?.visibilityState === "hidden") listener("hidden");
    return () => {
      for (const each of undo) each();
    };
  },
};

/** What a relative `url` is resolved against. */
export function pageAddress(): string | undefined {
  return (globalThis as { location?: Location }).location?.href;
}
