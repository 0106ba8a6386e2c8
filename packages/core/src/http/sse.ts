import { type FrameStream, type PollDoor, shownSession } from "./poll.ts";
import { gone } from "./problem-details.ts";

/** Neither stored nor changed nor held back on its way. */
const HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-store, no-transform",
  "x-accel-buffering": "no",
};

/** Answers `GET /sse`: a frame an event, as its data. */
export function answerSse(door: PollDoor, request: Request): Response {
  const stream = door.stream(shownSession(request.headers) ?? { session: "", secret: "" });
  if (stream === null) return gone();
  request.signal.addEventListener("abort", () => stream.cancel(), { once: true });
  return new Response(eventsOf(stream), { headers: HEADERS });
}

/** Asks for frames as they are read: what nobody reads waits with the session, not here. */
function eventsOf(stream: FrameStream): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const texts = await stream.next();
        if (texts === null) controller.close();
        // JSON texts hold no line breaks.
        else controller.enqueue(encoder.encode(texts.map((text) => `data: ${text}\n\n`).join("")));
      },
      cancel: () => stream.cancel(),
    },
    { highWaterMark: 0 },
  );
}
