/** npm and a terminal may each pass the same signal on: within this, in ms, two are one. */
const SAME_SIGNAL_MS = 1_000;

/** The end of a process: SIGTERM or SIGINT begins it, a second one, or `withinMs`, cuts it short. */
export function leaveOnSignal(leave: () => Promise<void>, withinMs: number): void {
  let leavingSince: number | null = null;
  const onSignal = (): void => {
    if (leavingSince !== null) {
      if (performance.now() - leavingSince > SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    leavingSince = performance.now();
    setTimeout(() => process.exit(1), withinMs).unref();
    leave().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
}
