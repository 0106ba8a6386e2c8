import type { ConversationId, Epoch, NodeId, UserId } from "@earshot/protocol";
import type { SeenEvent } from "../../history-line.ts";
import type { ModelLog } from "./model-log.ts";

// What the parts of the model know of each other.

export interface ModelGateway {
  readonly name: NodeId;
  life: number;
  up: boolean;
  draining: boolean;
}

export interface Cursor {
  readonly epoch: Epoch;
  readonly seq: number;
}

export interface SessionPart {
  readonly device: DevicePart;
  readonly gateway: ModelGateway;
  readonly connection: number;
  open: boolean;
  readonly welcomed: boolean;
  readonly told: Map<UserId, "online" | "offline">;
  pump(log: ModelLog): void;
  tellReceipt(log: ModelLog, of: UserId): void;
  tellTypist(conv: ConversationId, of: UserId): void;
  tellPresence(of: UserId, status: "online" | "offline"): void;
  tellDrain(within: number, delay: number): void;
}

export interface DevicePart {
  readonly user: UserId;
  readonly p: string;
  readonly session: SessionPart | null;
  tell(line: object): void;
  take(entry: SeenEvent, by: "event" | "repair"): void;
  skip(entry: SeenEvent): void;
  openedAt(conv: ConversationId, cursor: Cursor): void;
  gone(conv: ConversationId): void;
  lost(session: SessionPart, code: number, side: "gateway" | "device" | "network", dead: boolean): void;
}

export interface PresencePart {
  come(session: SessionPart): void;
  go(session: SessionPart, how: "clean" | "cut" | "dead"): void;
  tell(session: SessionPart): void;
}

export interface WorldPart {
  readonly now: number;
  readonly logs: ReadonlyMap<ConversationId, ModelLog>;
  readonly sessions: Set<SessionPart>;
  readonly gateways: readonly ModelGateway[];
  readonly presence: PresencePart;
  after(ms: number, run: () => void): void;
  below(below: number): number;
  chance(chance: number): boolean;
  one<T>(all: readonly T[]): T;
  write(line: object): void;
  process(gateway: ModelGateway): string;
  committed(log: ModelLog, at: ModelGateway | null): void;
  raised(log: ModelLog, of: UserId): void;
  typed(conv: ConversationId, from: SessionPart): void;
}
