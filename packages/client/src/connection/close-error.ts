import { ChatError, type ErrorCode } from "@earshot/protocol";
import { OVERSIZED, REFUSED } from "../close-number.ts";

const CODES: Readonly<Record<number, ErrorCode>> = {
  [OVERSIZED]: "too_large",
  [REFUSED]: "unauthenticated",
  4503: "forbidden",
  4504: "conflict",
  4505: "too_large",
};

/** A close code as the error an application sees; `details.close` holds the code itself. */
export function closeError(code: number): ChatError {
  const ranged = code < 4100 ? "offline" : code < 4500 ? "unauthenticated" : "invalid";
  return new ChatError(CODES[code] ?? ranged, `unable to stay connected; closed with ${code}`, {
    details: { close: code },
  });
}
