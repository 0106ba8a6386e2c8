import { ChatError, type ErrorCode, isChatError } from "@earshot/protocol";

/** Wait before what the server could not answer is worth another try. */
const RETRY_MS = 1_000;

/** What the driver's errors mean here, by their names: two copies of the driver may be in one process. */
const MEANINGS: Readonly<Record<string, readonly [code: ErrorCode, why: string]>> = {
  AuthorizationError: ["unauthenticated", "NATS refuses the credentials: check user, password, token or creds file"],
  UserAuthenticationExpiredError: ["unauthenticated", "the NATS credentials have expired: connect with new ones"],
  JetStreamNotEnabled: ["invalid", "JetStream is not enabled there: start nats-server with -js, or use natsBus"],
  ClosedConnectionError: ["unavailable", "the NATS connection was closed: pass an open one"],
  DrainingConnectionError: ["unavailable", "the NATS connection was drained: pass an open one"],
  TimeoutError: ["unavailable", "the NATS server does not answer: see that it runs and can be reached"],
  RequestError: ["unavailable", "the NATS connection broke meanwhile: it is opened again"],
};
/** What Node.js says of a certificate that it does not take (nodejs.org/api/tls.html#x509-certificate-error-codes). */
const CERTIFICATE = /^[A-Z_]*(?:CERT|LEAF_SIGNATURE|INVALID_CA|HOSTNAME_MISMATCH)[A-Z_]*$/;
/** Of JetStream's API: not for this account; memory or storage is used up. */
const NOT_FOR_ACCOUNT = 10_039;
const USED_UP: readonly number[] = [10_002, 10_023, 10_028, 10_047];

/** One clear sentence of what went wrong and what to do. `doing`: "unable to open bus", for instance. */
export function natsFailure(doing: string, error: unknown): ChatError {
  if (isChatError(error)) return error;
  const [code, why] = meaningOf(error);
  return failure(doing, code, why, error);
}

/** The same of what was open before: JetStream that is not there any more comes back with its server. */
export function passingFailure(doing: string, error: unknown): ChatError {
  if (isChatError(error)) return error;
  const [code, why] = meaningOf(error);
  return code === "invalid"
    ? failure(doing, "unavailable", "JetStream does not answer just now", error)
    : failure(doing, code, why, error);
}

function failure(doing: string, code: ErrorCode, why: string, error: unknown): ChatError {
  return new ChatError(code, `${doing}; ${why}`, {
    cause: error,
    ...(code === "unavailable" ? { retryAfterMs: RETRY_MS } : {}),
  });
}

function meaningOf(error: unknown): readonly [code: ErrorCode, why: string] {
  if (!(error instanceof Error)) return ["unavailable", "the NATS server cannot be reached"];
  if (error.name === "PermissionViolationError") return notPermitted(error);
  if (error.name === "JetStreamApiError" || error.name === "StreamNotFoundError") return apiMeaning(error);
  // A request that found nobody, or was not allowed, hides the reason in its cause.
  if (error.name === "RequestError" && error.cause instanceof Error) {
    const { name } = error.cause;
    if (name === "PermissionViolationError" || MEANINGS[name] !== undefined) return meaningOf(error.cause);
  }
  const known = MEANINGS[error.name];
  if (known !== undefined) return known;
  const cause = causeOf(error);
  if (CERTIFICATE.test(cause)) {
    return ["invalid", `the NATS server's certificate is not trusted (${cause}): connect with its CA, as tls: { ca }`];
  }
  return ["unavailable", `the NATS server cannot be reached (${cause}): see that it runs, and its address`];
}

function notPermitted(error: Error): readonly [code: ErrorCode, why: string] {
  const { operation, subject } = error as Error & { readonly operation?: string; readonly subject?: string };
  const allow = "allow earshot.> and _INBOX.>, for JetStream also $JS.API.>, $JS.FC.> and $KV.>";
  return ["forbidden", `NATS does not permit ${operation ?? "use"} of ${subject ?? "a subject"}: ${allow}`];
}

function apiMeaning(error: Error): readonly [code: ErrorCode, why: string] {
  const { code } = error as Error & { readonly code?: unknown };
  if (code === NOT_FOR_ACCOUNT) return ["forbidden", "JetStream is not enabled for this NATS account: give it limits"];
  if (typeof code === "number" && USED_UP.includes(code)) {
    return ["unavailable", `JetStream has no room (${error.message}): raise the account's or the server's limits`];
  }
  return ["unavailable", `JetStream refuses (${error.message})`];
}

/** A word of the operating system's, where there is one. */
function causeOf(error: Error): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ("code" in at && typeof at.code === "string") return at.code;
  }
  return error.message;
}
