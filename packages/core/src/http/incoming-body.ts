import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { ChatError } from "@earshot/protocol";

/** What parsers make objects of that are not the JSON they came as. */
const FORM = /^\s*(application\/x-www-form-urlencoded|multipart\/form-data)\b/i;

/**
 * The body of a Node request: its stream, or what a parser of the host's has made of it where that has read
 * the stream already. null: none. Throws `invalid` for what cannot have been a JSON body.
 */
export function bodyOf(
  incoming: IncomingMessage,
  parsed: unknown,
): string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null {
  if (parsed instanceof Readable) return streamOf(parsed);
  // Parsers for Express 4 leave `{}` where they have read nothing, those for 5 nothing.
  if (!incoming.readableDidRead && !incoming.readableEnded) return streamOf(incoming);
  if (parsed === undefined) {
    if (!announcesBody(incoming)) return null;
    throw invalid("something in front of the chat has read its body, and left nothing of it in req.body");
  }
  if (typeof parsed === "string") return parsed;
  if (parsed instanceof Uint8Array) return new Uint8Array(parsed);
  if (FORM.test(incoming.headers["content-type"] ?? "")) throw invalid("its body is a form, and must be JSON");
  return jsonOf(parsed);
}

/** Reads nothing before it is asked to, and leaves the connection whole when it is asked no further. */
function streamOf(incoming: Readable): ReadableStream<Uint8Array> {
  const chunks = incoming.iterator({ destroyOnReturn: false });
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = (await chunks.next()) as IteratorResult<Uint8Array | string, undefined>;
          if (done === true) controller.close();
          else controller.enqueue(typeof value === "string" ? Buffer.from(value) : value);
        } catch {
          controller.error(invalid("its body ended early"));
        }
      },
      cancel() {
        // Resolves with the chunk that is waited for, which may never come.
        void Promise.resolve(chunks.return?.()).catch(() => {});
      },
    },
    { highWaterMark: 0 },
  );
}

function announcesBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function jsonOf(parsed: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(parsed, (_key, value: unknown) => {
      // It would become null, and another body than the client sent.
      if (typeof value === "number" && !Number.isFinite(value)) throw invalid("its body holds an infinite number");
      return value;
    });
  } catch {
    throw invalid("its body is no JSON, nested too deep, or holds an infinite number");
  }
  if (text === undefined) throw invalid("its body is no JSON");
  return text;
}

function invalid(why: string): ChatError {
  return new ChatError("invalid", `unable to take request; ${why}`);
}
