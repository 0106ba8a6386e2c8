/** How long before something is due nobody sleeps any more, in ms: timers are that coarse. */
const WAKE_BEFORE_MS = 2;

/** Calls `send` so many times a second until `over`, each as close to its time as can be; what is late is made up for at once. */
export function pace(perSecond: number, send: () => void, over: () => boolean): Promise<void> {
  const began = performance.now();
  let sent = 0;
  return new Promise((resolve) => {
    const go = (): void => {
      if (over()) {
        resolve();
        return;
      }
      const due = ((performance.now() - began) * perSecond) / 1_000;
      for (; sent < due; sent++) send();
      const waitMs = began + (sent * 1_000) / perSecond - performance.now();
      if (waitMs > WAKE_BEFORE_MS) setTimeout(go, waitMs - WAKE_BEFORE_MS);
      else setImmediate(go);
    };
    go();
  });
}
