/** What Node.js says of a certificate that it does not take (nodejs.org/api/tls.html#x509-certificate-error-codes). */
const CERTIFICATE = /CERT|LEAF_SIGNATURE|INVALID_CA|HOSTNAME_MISMATCH/;
/** The driver's own words. */
const NONE = "The server does not support SSL connections";

/** Why there is no TLS to the server, and what to do; null: that is not what went wrong. */
export function tlsFailure(error: unknown): string | null {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  if (message === NONE) return "the server speaks no TLS: set its ssl to on, or leave the pool's ssl out";
  if (typeof code !== "string" || !CERTIFICATE.test(code)) return null;
  return `the server's certificate is not trusted (${code}): give the pool its CA, as ssl: { ca }`;
}
