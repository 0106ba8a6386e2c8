import type { ConnectionView } from "@earshot/client";

/** How the connection stands, in a few words. `now` in Unix ms. */
export function connectionWords(connection: ConnectionView, now: number): string {
  switch (connection.status) {
    case "idle":
      return "Not connected";
    case "connecting":
      return "Connecting…";
    case "online":
      return "Online";
    case "waiting": {
      const seconds = Math.ceil((connection.retryAt - now) / 1_000);
      return seconds > 0 && seconds < 3_600 ? `Offline, reconnecting in ${seconds} s` : "Offline, reconnecting…";
    }
    case "closed":
      return connection.error === null ? "Signed out" : "Disconnected";
  }
}
