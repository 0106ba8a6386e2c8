import {
  type Body,
  ChatError,
  type ConversationId,
  DEPTH_MAX,
  encodeFrame,
  isId,
  isUserId,
  jsonFault,
  KEYS_MAX,
  MENTIONS_MAX,
  type Mentions,
  type MessageId,
  parseJson,
  REACTION_KEY_CHARACTERS_MAX,
  type SendFrame,
  type SendType,
  utf8Bytes,
} from "@earshot/protocol";
import { defined } from "../defined.ts";
import type { AnySendOptions } from "../message.ts";

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
  body: Body | undefined,
  options: AnySendOptions,
  limits: GatewayLimits,
): ComposedSend | ChatError {
  const { type = "message", re, mentions, slot, expect } = options;
  const wrong = wrongField(c, id, { ...options, type }) ?? wrongBody(type, body);
  if (wrong !== null) return refused("invalid", wrong);
  const draft: SendFrame = { t: "send", id, c, type, ...defined({ body, re, mentions, slot, expect }) };
  const fault = jsonFault(draft, DEPTH_MAX, KEYS_MAX);
  if (fault !== null) return refused("invalid", `its body is no JSON that may travel (${fault})`);
  const text = encodeFrame(draft);
  // parsed again, so that what the application later does to its object changes nothing
  const frame = parseJson(text) as SendFrame;
  const bodyBytes = frame.body === undefined ? 0 : utf8Bytes(JSON.stringify(frame.body));
  const composed = { frame, text, bytes: utf8Bytes(text), bodyBytes };
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

function wrongField(
  c: ConversationId,
  id: MessageId,
  { type = "message", re, mentions, slot, expect }: AnySendOptions,
): string | null {
  if (!isId(c)) return "its conversation is none";
  if (!isId(id)) return "its id is none";
  if (!isSendType(type)) return "its type is none of a client's";
  if (re === undefined ? isAboutAnother(type) : !isCount(re, 1)) return "its `re` is no seq";
  if (mentions !== undefined && !areMentions(mentions)) return "its `mentions` are no users";
  if (slot !== undefined && !isId(slot)) return "its `slot` is none";
  if (expect !== undefined && !(slot !== undefined && isCount(expect, 0))) return "its `expect` is no seq of a slot";
  return null;
}

function wrongBody(type: SendType, body: Body | undefined): string | null {
  if (body === undefined && type === "delete") return null;
  if (typeof body !== "object" || body === null || Array.isArray(body)) return "its body is no object";
  return type === "react" && !isReaction(body) ? "its body is no reaction" : null;
}

/** Whether a type means nothing without the message that it is about (pure). */
export function isAboutAnother(type: string): type is "edit" | "delete" | "react" {
  return type === "edit" || type === "delete" || type === "react";
}

function isSendType(type: string): type is SendType {
  return type === "message" || isAboutAnother(type) || (type.startsWith("x-") && isId(type));
}

function isReaction({ key, on }: Body): boolean {
  const is = typeof key === "string" && key !== "" && key.length <= REACTION_KEY_CHARACTERS_MAX;
  return is && typeof on === "boolean";
}

function isCount(value: number, least: number): boolean {
  return Number.isSafeInteger(value) && value >= least;
}

function areMentions(mentions: Mentions): boolean {
  return mentions === "all" || (Array.isArray(mentions) && mentions.length <= MENTIONS_MAX && mentions.every(isUserId));
}
