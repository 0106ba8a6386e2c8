export type { Gauges } from "../gauges.ts";
export { type BusAdapter, type BusCapabilities, type BusUnderTest, busSuite } from "./conformance/bus.ts";
export type {
  MessageStoreAdapter,
  MessageStoreCapabilities,
  MessageStoreUnderTest,
} from "./conformance/message-store/adapter-under-test.ts";
export { MESSAGE_STORE_PARTS, type MessageStorePart, messageStoreSuite } from "./conformance/message-store.ts";
export type { PresenceStoreAdapter, PresenceStoreUnderTest } from "./conformance/presence-store/adapter-under-test.ts";
export { presenceStoreSuite } from "./conformance/presence-store.ts";
export type { Expectation, Runner } from "./conformance/runner.ts";
export { ConnectionPair } from "./connection-pair.ts";
export { createTestChat, type TestChat, type TestClientOptions } from "./create-test-chat.ts";
export type { InProcessConnection, InProcessListener, InProcessTransport } from "./in-process-transport.ts";
export { type Faults, Lossy } from "./lossy.ts";
export { ManualClock } from "./manual-clock.ts";
export { SeededRandom } from "./seeded-random.ts";
export { sharedStore } from "./shared-store.ts";
export type { Verdict } from "./simulation/checker/verdict.ts";
export type { Fault, FaultKind } from "./simulation/fault.ts";
export type { HistoryLine } from "./simulation/history-line.ts";
export { makePlan } from "./simulation/make-plan.ts";
export type { Operation, Plan, PlannedConversation, PlannedDevice } from "./simulation/plan.ts";
export { shrink } from "./simulation/shrink.ts";
export { type Simulated, type SimulateOptions, simulate } from "./simulation/simulate.ts";
export type {
  ClientObserver,
  SimulatedClient,
  SimulatedClientFactory,
  SimulatedDisk,
} from "./simulation/simulated-client.ts";
export { TestClient } from "./test-client.ts";
export { TestEngine, type TestEngineOptions } from "./test-engine.ts";
