import { isName } from "./words/user-name.ts";

const KEY = "earshot.user";

/**
 * Who this tab is: `?user=alice` in the address, else whom it was last signed in as. Kept for the tab
 * alone, so that two tabs may be two users, or the same one twice.
 */
export function signedInUser(): string | null {
  const asked = new URLSearchParams(location.search).get("user");
  if (asked !== null && isName(asked)) return asked;
  const kept = sessionStorage.getItem(KEY);
  return kept !== null && isName(kept) ? kept : null;
}

export function rememberUser(user: string): void {
  sessionStorage.setItem(KEY, user);
}

/** Also takes `?user=` and the open conversation out of the address, which would sign in again. */
export function forgetUser(): void {
  sessionStorage.removeItem(KEY);
  history.replaceState(null, "", location.pathname);
}
