import {
  type Body,
  ChatError,
  type ConversationId,
  encodeFrame,
  isId,
  isUserId,
  jsonFault,
  LIMITS,
  type Mentions,
  type MessageId,
  parseJson,
  type SendFrame,
  type SendType,
  utf8Bytes,
} from "@earshot/protocol";
import { defined } from "../defined.ts";
import type { SendOptions } from "../message.ts";

/** Bounds of the gateway: what it told in `welcome`, or before that the protocol's own. Bytes. */
export interface GatewayLimits {
  readonly frame: number;
  readonly body: number;
}

/** A send that the gateway will neither refuse by its shape nor close the connection for. */
export interface ComposedSend {
  readonly frame: SendFrame;
  /** The frame as it travels, the same on every repeat. */
  readonly text: string;
  readonly bytes: number;
  readonly bodyBytes: number;
}

/** Composes a `send`, and checks all that would refuse it by shape or end the connection (pure). */
export function composeSend(
  c: ConversationId,
  id: MessageId,
  body: Body,
  options: SendOptions,
  limits: GatewayLimits,
): ComposedSend | ChatError {
  const { type = "message", re, mentions } = options;
  if (!isId(c)) return refused("invalid", "its conversation is none");
  if (!isId(id)) return refused("invalid", "its id is none");
  if (!isSendType(type)) return refused("invalid", "its type is none of a client's");
  if (re !== undefined && !(Number.isSafeInteger(re) && re > 0)) return refused("invalid", "its `re` is no seq");
  if (mentions !== undefined && !areMentions(mentions)) return refused("invalid", "its `mentions` are no users");
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return refused("invalid", "its body is no object");
  }
  const draft: SendFrame = { t: "send", id, c, type, body, ...defined({ re, mentions }) };
  const fault = jsonFault(draft, LIMITS.depthMax, LIMITS.keysMax);
  if (fault !== null) return refused("invalid", `its body is no JSON that may travel (${fault})`);
  const text = encodeFrame(draft);
  // parsed again, so that what the application later does to its object changes nothing
  const frame = parseJson(text) as SendFrame;
  const composed = { frame, text, bytes: utf8Bytes(text), bodyBytes: utf8Bytes(JSON.stringify(frame.body)) };
  return overLimits(composed, limits) ?? composed;
}

/** Why a send is too large for a gateway, or null. */
export function overLimits(send: ComposedSend, limits: GatewayLimits): ChatError | null {
  if (send.bodyBytes > limits.body) return refused("too_large", "its body is over the gateway's bound");
  if (send.bytes > limits.frame) return refused("too_large", "its frame is over the gateway's bound");
  return null;
}

function refused(code: "invalid" | "too_large", why: string): ChatError {
  return new ChatError(code, `unable to send; ${why}`);
}

function isSendType(type: string): type is SendType {
  return ["message", "edit", "delete", "react"].includes(type) || (type.startsWith("x-") && isId(type));
}

function areMentions(mentions: Mentions): boolean {
  return (
    mentions === "all" || (Array.isArray(mentions) && mentions.length <= LIMITS.mentionsMax && mentions.every(isUserId))
  );
}
