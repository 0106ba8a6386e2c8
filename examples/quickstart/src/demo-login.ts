import type { Credentials, Identity } from "@earshot/core";

/** What may stand for a user in this demonstration. */
const NAME = /^[a-z0-9-]{1,32}$/;

export const DEMO_LOGIN_WARNING =
  "Demo login: the token is the user's name, so anybody can be anybody. " +
  "Replace demoLogin by a check of your own sessions before others can reach this server.";

/**
 * NOT an authentication. Believes whoever connects: the token *is* the user's id. Your own server
 * verifies a session or a signed token here and answers with the user it was issued to.
 */
export function demoLogin({ token }: Credentials): Identity | null {
  return token !== null && NAME.test(token) ? { user: token } : null;
}
