import { LIMITS, WIRE_ERRORS, type WireErrorCode } from "@earshot/protocol";
import * as z from "zod";
import * as requests from "../../packages/core/src/http/request-schemas.ts";
import { ROUTES } from "../../packages/core/src/http/routes.ts";
import {
  errorCode,
  eventRow,
  goneRow,
  inboxFields,
  inboxRow,
  pageFields,
  presenceRow,
  sentFields,
  voidRow,
} from "./gateway-frames.ts";
import { type JsonSchema, jsonSchemas } from "./json-schema.ts";

const cursorFields = { cursor: z.string(), more: z.boolean() };
const userId = z.string();
const count = z.int().min(0);

/** What calls answer with, by the names that they have in the document. */
export const answers = {
  EventRow: eventRow,
  VoidRow: voidRow,
  InboxRow: inboxRow,
  GoneRow: goneRow,
  PresenceRow: presenceRow,
  Inbox: z.strictObject(inboxFields),
  Events: z.strictObject(pageFields),
  Sent: z.strictObject(sentFields),
  Members: z.strictObject({ members: z.array(z.tuple([userId, z.string()])), ...cursorFields }),
  Receipts: z.strictObject({
    seq: count,
    delivered: count,
    read: count,
    users: z.array(z.tuple([userId, count, count])),
    ...cursorFields,
  }),
  Presence: z.strictObject({ users: z.array(presenceRow) }),
  Health: z.strictObject({ status: z.literal("ok") }),
  PollAnswer: z.strictObject({ k: z.int().min(1), frames: z.array(z.looseObject({ t: z.string() })) }),
  Problem: z.looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: errorCode,
    detail: z.string().optional(),
    reason: z.string().optional(),
    last: count.optional(),
    retry: count.optional(),
  }),
} as const;

const bodies = {
  Creation: requests.creation,
  Patch: requests.patch,
  MemberRole: requests.memberRole,
  MemberBatch: requests.memberBatch,
  Message: requests.message,
  ReadMark: requests.readMark,
  MemberState: requests.memberState,
  Poll: z.object({ k: z.int().min(1), frames: z.array(z.looseObject({ t: z.string() })) }),
} as const;

interface CallText {
  readonly summary: string;
  readonly body?: keyof typeof bodies;
  readonly query?: readonly QueryName[];
  /** By status; null: nothing. */
  readonly answers: Readonly<Record<number, keyof typeof answers | null>>;
  readonly refusals: readonly WireErrorCode[];
}

type QueryName = "cursor" | "limit" | "before" | "after" | "around" | "re" | "seq" | "c" | "user" | "wait";

const QUERIES: Readonly<
  Record<QueryName, { readonly description: string; readonly schema: JsonSchema; readonly required?: true }>
> = {
  cursor: { description: "Where the page before ended.", schema: { type: "string" } },
  limit: {
    description: `Rows, at most ${LIMITS.pageRowsMax}; a higher one is lowered.`,
    schema: { type: "integer", minimum: 1 },
  },
  before: { description: "Rows below this seq.", schema: { type: "integer", minimum: 1 } },
  after: { description: "The log as it happened, above this seq.", schema: { type: "integer", minimum: 0 } },
  around: { description: "Rows on both sides of this seq.", schema: { type: "integer", minimum: 0 } },
  re: { description: "Only replies to this seq.", schema: { type: "integer", minimum: 1 } },
  seq: { description: "Of which seq.", schema: { type: "integer", minimum: 0 } },
  c: { description: "A conversation that is shared with them.", schema: { type: "string" }, required: true },
  user: {
    description: "Whom; may stand several times.",
    schema: { type: "array", items: { type: "string" } },
    required: true,
  },
  wait: { description: "0: answer at once.", schema: { const: 0 } },
};

const changed = { 200: "InboxRow", 204: null } as const;
const done = { 204: null } as const;

/** Every call, by method and path. */
const CALLS: Readonly<Record<string, CallText>> = {
  "POST conversations": {
    summary:
      "Create a conversation; a direct one of the same two users, or an id that the caller made before, is found again (200).",
    body: "Creation",
    answers: { 200: "InboxRow", 201: "InboxRow" },
    refusals: ["invalid", "forbidden", "conflict", "too_large"],
  },
  "GET conversations": {
    summary: "The caller's conversations, or what changed of them.",
    query: ["cursor", "limit"],
    answers: { 200: "Inbox" },
    refusals: ["invalid"],
  },
  "GET conversations/:c": { summary: "One row of the inbox.", answers: { 200: "InboxRow" }, refusals: ["not_found"] },
  "PATCH conversations/:c": {
    summary: "Change title, meta, open, slow or retention.",
    body: "Patch",
    answers: changed,
    refusals: ["invalid", "forbidden", "not_found"],
  },
  "DELETE conversations/:c": {
    summary: "Delete a conversation, for all.",
    answers: done,
    refusals: ["forbidden", "not_found"],
  },
  "GET conversations/:c/members": {
    summary: "Members: owners, admins, members, readers.",
    query: ["cursor", "limit"],
    answers: { 200: "Members" },
    refusals: ["invalid", "not_found"],
  },
  "POST conversations/:c/members": {
    summary: "Add or change many members.",
    body: "MemberBatch",
    answers: changed,
    refusals: ["invalid", "forbidden", "not_found", "too_large"],
  },
  "PUT conversations/:c/members/:user": {
    summary: "Add a member, change a role, or join an open conversation as me.",
    body: "MemberRole",
    answers: changed,
    refusals: ["invalid", "forbidden", "not_found"],
  },
  "DELETE conversations/:c/members/:user": {
    summary: "Remove a member; me leaves.",
    answers: changed,
    refusals: ["forbidden", "not_found"],
  },
  "PUT conversations/:c/bans/:user": { summary: "Ban a user.", answers: changed, refusals: ["forbidden", "not_found"] },
  "DELETE conversations/:c/bans/:user": {
    summary: "Lift a ban.",
    answers: changed,
    refusals: ["forbidden", "not_found"],
  },
  "PUT blocks/:user": { summary: "Block a user.", answers: done, refusals: ["invalid"] },
  "DELETE blocks/:user": { summary: "Unblock a user.", answers: done, refusals: ["invalid"] },
  "GET presence": {
    summary: "Who of these users is there.",
    query: ["c", "user"],
    answers: { 200: "Presence" },
    refusals: ["invalid", "not_found", "too_large"],
  },
  "GET conversations/:c/messages": {
    summary: "A page of the log, or of messages as they stand.",
    query: ["before", "after", "around", "re", "limit"],
    answers: { 200: "Events" },
    refusals: ["invalid", "not_found"],
  },
  "POST conversations/:c/messages": {
    summary: "Send; repeated under the same id it answers the same (200, dup).",
    body: "Message",
    answers: { 200: "Sent", 201: "Sent" },
    refusals: ["invalid", "forbidden", "not_found", "conflict", "too_large", "unavailable"],
  },
  "PUT conversations/:c/pins/:seq": {
    summary: "Pin a message.",
    answers: changed,
    refusals: ["invalid", "forbidden", "not_found", "too_large"],
  },
  "DELETE conversations/:c/pins/:seq": {
    summary: "Unpin a message.",
    answers: changed,
    refusals: ["invalid", "forbidden", "not_found"],
  },
  "PUT conversations/:c/read": {
    summary: "Raise the caller's read watermark.",
    body: "ReadMark",
    answers: done,
    refusals: ["invalid", "not_found"],
  },
  "PATCH conversations/:c/me": {
    summary: "Mute, or mark as unread.",
    body: "MemberState",
    answers: { 200: "InboxRow" },
    refusals: ["invalid", "not_found"],
  },
  "GET conversations/:c/receipts": {
    summary: "How far each member has received and read.",
    query: ["seq", "cursor", "limit"],
    answers: { 200: "Receipts" },
    refusals: ["invalid", "not_found"],
  },
};

const EVERYBODY: Readonly<Record<string, CallText>> = {
  "GET healthz": {
    summary: "200 while the engine serves and its store answers.",
    answers: { 200: "Health" },
    refusals: ["unavailable"],
  },
  "GET readyz": { summary: "200 while new sessions are taken.", answers: { 200: "Health" }, refusals: ["unavailable"] },
};

const parameter = (name: string, where: "path" | "query" | "header", rest: object) => ({
  name,
  in: where,
  required: where === "path",
  ...rest,
});

function operationOf(route: string, call: CallText, secured: boolean): JsonSchema {
  const [method = "", path = ""] = route.split(" ");
  const parts = path
    .split("/")
    .filter((part) => part.startsWith(":"))
    .map((part) => part.slice(1));
  const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
  const refusals = [
    ...new Set<WireErrorCode>([...(secured ? (["unauthenticated", "rate_limited"] as const) : []), ...call.refusals]),
  ];
  const byStatus = new Map<number, WireErrorCode[]>();
  for (const code of refusals)
    byStatus.set(WIRE_ERRORS[code].http, [...(byStatus.get(WIRE_ERRORS[code].http) ?? []), code]);
  return {
    operationId: `${method.toLowerCase()}-${path.replaceAll("/", "-").replaceAll(":", "")}`,
    summary: call.summary,
    security: secured ? [{ token: [] }] : [],
    parameters: [
      ...parts.map((name) =>
        parameter(name, "path", {
          schema: { type: name === "seq" ? "integer" : "string" },
          ...(name === "user" ? { description: "A user id, or me." } : {}),
        }),
      ),
      ...(call.query ?? []).map((name) => {
        const { required = false, ...rest } = QUERIES[name];
        return parameter(name, "query", { ...rest, required });
      }),
    ],
    ...(call.body === undefined
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: ref(call.body) } } } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(call.answers).map(([status, answer]) => [
          status,
          answer === null
            ? { description: "Done; where it is about a conversation, the caller has none any longer." }
            : { description: answer, content: { "application/json": { schema: ref(answer) } } },
        ]),
      ),
      ...Object.fromEntries(
        [...byStatus].map(([status, codes]) => [
          status,
          {
            description: codes.map((code) => `${code}: ${WIRE_ERRORS[code].meaning}`).join("; "),
            content: { "application/problem+json": { schema: ref("Problem") } },
          },
        ]),
      ),
    },
  };
}

function streams(): Readonly<Record<string, JsonSchema>> {
  const headers = ["earshot-session", "earshot-secret"].map((name) =>
    parameter(name, "header", { schema: { type: "string" } }),
  );
  const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
  const gone = {
    description: "No such session here, a wrong secret, an older k, or after a close: say hello again.",
    content: { "application/problem+json": { schema: ref("Problem") } },
  };
  const foreign = {
    description: "forbidden: a foreign Origin",
    content: { "application/problem+json": { schema: ref("Problem") } },
  };
  return {
    "/poll": {
      post: {
        operationId: "post-poll",
        summary: "Long polling: the same frames as a WebSocket. The first one, k = 1, has hello and no headers.",
        security: [],
        parameters: [...headers, parameter("wait", "query", { ...QUERIES.wait })],
        requestBody: { required: true, content: { "application/json": { schema: ref("Poll") } } },
        responses: {
          200: { description: "PollAnswer", content: { "application/json": { schema: ref("PollAnswer") } } },
          403: foreign,
          410: gone,
        },
      },
    },
    "/sse": {
      get: {
        operationId: "get-sse",
        summary: "The frames of a session as server-sent events; what is sent goes up by polls with wait=0.",
        security: [],
        parameters: headers.map((header) => ({ ...header, required: true })),
        responses: {
          200: {
            description: "Frames, one an event; the first is from.",
            content: { "text/event-stream": { schema: { type: "string" } } },
          },
          403: foreign,
          410: gone,
        },
      },
    },
  };
}

/** The HTTP API as an OpenAPI 3.1 document. Throws for a route that nothing is said of. */
export function openApi(version: string): JsonSchema {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  const put = (route: string, call: CallText, secured: boolean) => {
    const [method = "", path = ""] = route.split(" ");
    const key = `/${path.replaceAll(/:(\w+)/g, "{$1}")}`;
    paths[key] = { ...paths[key], [method.toLowerCase()]: operationOf(route, call, secured) };
  };
  for (const [method, path] of ROUTES) {
    const call = CALLS[`${method} ${path}`];
    if (call === undefined) throw new Error(`scripts/specs/openapi.ts says nothing of ${method} ${path}`);
    put(`${method} ${path}`, call, true);
  }
  for (const [route, call] of Object.entries(EVERYBODY)) put(route, call, false);
  return {
    openapi: "3.1.0",
    info: {
      title: "Earshot HTTP API",
      version,
      description: "What has no frame, and frames for those without a WebSocket. docs/protocol.md, section 9.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "http://127.0.0.1:3000/chat", description: "Where the engine is mounted; here the quickstart." }],
    paths: { ...paths, ...streams() },
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: { ...jsonSchemas(bodies as never, "input"), ...jsonSchemas(answers as never, "output") },
    },
  };
}
