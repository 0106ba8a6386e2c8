import { ChatError, isChatError } from "@earshot/protocol";

/** Told to who may come again, in ms. */
const RETRY_MS = 1_000;

/** What is wrong, from what the driver or the server said. `doing`: "open bus". */
export function redisFailure(doing: string, error: unknown): ChatError {
  if (isChatError(error)) return error;
  const untrusted = CERTIFICATE.exec(String((error as { readonly code?: unknown } | null)?.code))?.input;
  if (untrusted !== undefined) {
    const why = `Redis' certificate is not trusted (${untrusted}): give the client its CA, in its options of TLS`;
    return new ChatError("invalid", `unable to ${doing}; ${why}`, { cause: error });
  }
  const said = error instanceof Error ? error.message : String(error);
  const word = DENIED_TO_SCRIPT.test(said) ? "NOPERM" : (said.split(" ", 1)[0] ?? "");
  const [code, why] = REFUSALS[word] ?? (UNTIL.has(word) ? [null, said] : [null, `Redis does not answer: ${said}`]);
  const message = `unable to ${doing}; ${why}`;
  return code === null
    ? new ChatError("unavailable", message, { cause: error, retryAfterMs: RETRY_MS })
    : new ChatError(code, message, { cause: error });
}

type Refusal = readonly [code: "unauthenticated" | "forbidden", why: string];

/** By the first word of what the server says. It repeats no argument of ours, so neither do we. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  NOAUTH: ["unauthenticated", "Redis asks for a password: give the client one"],
  WRONGPASS: ["unauthenticated", "Redis refuses the client's user name or password"],
  NOPERM: ["forbidden", "the client's Redis user may not do this: give it the rights that the package's README names"],
};

/** What Node.js says of a certificate that it does not take (nodejs.org/api/tls.html#x509-certificate-error-codes). */
const CERTIFICATE = /CERT|LEAF_SIGNATURE|INVALID_CA|HOSTNAME_MISMATCH/;

/** What a script is told in place of NOPERM. */
const DENIED_TO_SCRIPT = /^ERR The user executing the script|^ERR ACL failure in script/;

/** States that pass, or that somebody has to end. */
const UNTIL: ReadonlySet<string> = new Set([
  ...["LOADING", "CLUSTERDOWN", "READONLY", "MASTERDOWN", "BUSY", "TRYAGAIN", "OOM", "MISCONF", "NOREPLICAS"],
]);

/** Refuses a server that is older than it has to be. `info`: what `INFO server` says. */
export function requireVersion(doing: string, info: unknown, least: readonly [major: number, minor: number]): void {
  const found = /redis_version:(\d+)\.(\d+)/.exec(String(info));
  const [major, minor] = [Number(found?.[1]), Number(found?.[2])];
  if (found !== null && (major > least[0] || (major === least[0] && minor >= least[1]))) return;
  const is = found === null ? "does not say its version" : `is ${major}.${minor}`;
  throw new ChatError(
    "invalid",
    `unable to ${doing}; the server has to be Redis ${least.join(".")} or newer, it ${is}`,
  );
}
