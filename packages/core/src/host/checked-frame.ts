import {
  ChatError,
  type ClientFrame,
  type ErrorFrame,
  jsonFault,
  LIMITS,
  type UnvalidatedFrame,
} from "@earshot/protocol";
import { copiedJson } from "./copied-json.ts";

/** JSON → a frame that can be trusted, as the wire does it; `characters`: of its text, or more, but never less than a third of its bytes. */
export type DecodeFrame = (
  raw: UnvalidatedFrame,
  characters: number,
) =>
  | { readonly kind: "frame"; readonly frame: ClientFrame }
  | { readonly kind: "refused"; readonly error: ErrorFrame }
  | { readonly kind: "malformed" };

/**
 * What the host asks for in process, through the wire's own checks: the frame that a client would have sent. It is a
 * copy, which the host cannot change any more. Throws `invalid`, or `too_large` (the body).
 */
export function checkedFrame<Frame extends ClientFrame>(decode: DecodeFrame, frame: Frame): Frame {
  // A Date, say, would travel as another thing than it is here.
  if (jsonFault(frame, LIMITS.depthMax, LIMITS.keysMax) !== null) {
    throw invalid(
      `it holds what is no JSON, more than ${LIMITS.keysMax} keys, or is deeper than ${LIMITS.depthMax} levels`,
    );
  }
  const size = { characters: 0 };
  const copy = copiedJson<unknown>(frame, size);
  const decoded = decode(copy as UnvalidatedFrame, size.characters);
  switch (decoded.kind) {
    case "frame":
      return decoded.frame as Frame;
    case "refused":
      throw new ChatError(decoded.error.code, decoded.error.message);
    case "malformed":
      throw invalid("it is no frame");
  }
}

function invalid(why: string): ChatError {
  return new ChatError("invalid", `unable to take request; ${why}`);
}
