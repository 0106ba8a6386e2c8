import { isChatError } from "@earshot/client";

/** What a person is told about a failure, by its code; never the error's own text. */
const WORDS: Readonly<Record<string, string>> = {
  aborted: "It was taken back.",
  blocked: "An earlier message has to go first.",
  closed: "The chat was closed.",
  conflict: "It contradicts what is already stored.",
  forbidden: "You may not do this here.",
  internal: "The server failed.",
  invalid: "The server did not understand it.",
  not_found: "You are not a member of this conversation.",
  offline: "There is no connection.",
  rate_limited: "Too much in too short a time.",
  storage: "This browser could not store it.",
  timeout: "The server did not answer in time.",
  too_large: "It is too long.",
  unauthenticated: "The server does not know you.",
  unavailable: "The server cannot answer just now.",
};

export function errorWords(error: unknown): string {
  const words = isChatError(error) ? WORDS[error.code] : undefined;
  return words ?? "Something went wrong.";
}
