import { createHmac, timingSafeEqual } from "node:crypto";

/** How long a token lets its user in, in ms; the client fetches the next by itself. */
const VALID_MS = 3_600_000;

/** Short-lived tokens for the chat, signed with the app's own secret: who has a session of the app gets one. */
export function chatTokens(secret: string) {
  const sign = (text: string): Buffer => createHmac("sha256", secret).update(`chat token ${text}`).digest();
  return {
    make(user: string): string {
      const claims = `${user}.${Date.now() + VALID_MS}`;
      return `${claims}.${sign(claims).toString("base64url")}`;
    },
    /** null: it is none of ours. */
    read(token: string | null): { user: string; expires: number } | null {
      const [user = "", expires = "", signature = ""] = (token ?? "").split(".");
      const [given, right] = [Buffer.from(signature, "base64url"), sign(`${user}.${expires}`)];
      if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
      return { user, expires: Number(expires) };
    },
  };
}
