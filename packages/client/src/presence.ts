/** Where a user stands. Frozen. */
export interface PresenceView {
  /** `unknown`: not told, because of who they are to us, or because we are offline. */
  readonly status: "online" | "away" | "offline" | "unknown";
  /** When they were last there, Unix ms of the gateway's clock; null: not known, or there now. */
  readonly seen: number | null;
}
