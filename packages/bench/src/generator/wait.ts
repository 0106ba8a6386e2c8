const LOOK_EVERY_MS = 10;

export function passes(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Whether it was true within the time, in ms. */
export async function becomes(isTrue: () => boolean, withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs;
  while (!isTrue()) {
    if (performance.now() > until) return false;
    await passes(LOOK_EVERY_MS);
  }
  return true;
}
