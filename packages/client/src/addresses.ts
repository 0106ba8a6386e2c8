import { ChatError } from "@earshot/protocol";

/** Where the engine is, for HTTP and for the socket. */
export interface Addresses {
  /** Without a slash at its end. */
  readonly http: string;
  readonly socket: string;
}

const ABSOLUTE = /^(?:http|ws)(s?):\/\/([^/?#]+[^?#]*)/i;

/**
 * Resolves the application's `url`, a relative one against the page's (pure). By hand where it can
 * be, since React Native's `URL` is not whole. Throws a `ChatError` for what is no address here.
 */
export function addressesOf(url: string, page: string | undefined): Addresses {
  const [, secure, rest] = ABSOLUTE.exec(url) ?? ABSOLUTE.exec(resolved(url, page)) ?? [];
  if (secure === undefined || rest === undefined) {
    throw new ChatError("invalid", "unable to connect; `url` is no address here", { details: { field: "url" } });
  }
  const base = rest.replace(/\/+$/, "");
  return { http: `http${secure}://${base}`, socket: `ws${secure}://${base}/ws` };
}

function resolved(url: string, page: string | undefined): string {
  try {
    return new URL(url, page).href;
  } catch {
    return "";
  }
}
