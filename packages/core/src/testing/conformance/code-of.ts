/** The `code` that a call rejects with, or `"resolved"`: errors are told apart by nothing else. */
export async function codeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return (error as { readonly code?: unknown }).code;
  }
  return "resolved";
}
