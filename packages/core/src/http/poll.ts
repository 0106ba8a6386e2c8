import { ChatError } from "@earshot/protocol";
import type { PeerRequest } from "../ports/authenticate.ts";
import { readPollBody } from "./poll-body.ts";
import { gone } from "./problem-details.ts";
import { readText } from "./request-body.ts";

/** What a client shows to be taken for its session. */
export interface ShownSession {
  readonly session: string;
  readonly secret: string;
}

/** Sessions by polls and streams, as HTTP sees them. null: this gateway knows no such session, or no longer. */
export interface PollDoor {
  /** Resolves with the frames of the answer, one JSON text each. Rejects where nobody may come in. `signal`: the client has gone. */
  open(peer: PeerRequest, frames: readonly string[], signal: AbortSignal): Promise<readonly string[] | null>;
  /** The same for a session that is open. `waits`: not before there is something to say. Rejects where too much waits already. */
  poll(
    shown: ShownSession,
    poll: { readonly k: number; readonly frames: readonly string[]; readonly waits: boolean },
    signal: AbortSignal,
  ): Promise<readonly string[] | null>;
  stream(shown: ShownSession): FrameStream | null;
}

/** A stream down. */
export interface FrameStream {
  /** The next frames, one JSON text each; null: it has ended. */
  next(): Promise<readonly string[] | null>;
  /** Nobody reads it any longer. */
  cancel(): void;
}

export interface PollRequest {
  readonly request: Request;
  readonly url: URL;
  readonly peer: PeerRequest;
}

/** Answers `POST /poll`. Rejects with the refusal. */
export async function answerPoll(
  door: PollDoor,
  { request, url, peer }: PollRequest,
  framesMax: number,
): Promise<Response> {
  const shown = shownSession(request.headers);
  const { k, frames } = readPollBody(await readText(request), framesMax);
  if (shown === null && k !== 1)
    throw new ChatError("invalid", "unable to take poll; it names no session, and k is not 1");
  const answer =
    shown === null
      ? await door.open(peer, frames, request.signal)
      : await door.poll(shown, { k, frames, waits: url.searchParams.get("wait") !== "0" }, request.signal);
  if (answer === null) return gone();
  return new Response(`{"k":${k},"frames":[${answer.join(",")}]}`, {
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });
}

/** The headers of a session's own requests; null: there is neither. */
export function shownSession(headers: Headers): ShownSession | null {
  const session = headers.get("earshot-session");
  const secret = headers.get("earshot-secret");
  return session === null && secret === null ? null : { session: session ?? "", secret: secret ?? "" };
}
