export type { Gauges } from "../gauges.ts";
export { type BusAdapter, type BusCapabilities, type BusUnderTest, busSuite } from "./conformance/bus.ts";
export type {
  HostTransaction,
  MessageStoreAdapter,
  MessageStoreCapabilities,
  MessageStoreUnderTest,
} from "./conformance/message-store/adapter-under-test.ts";
export { MESSAGE_STORE_PARTS, type MessageStorePart, messageStoreSuite } from "./conformance/message-store.ts";
export type { PresenceStoreAdapter, PresenceStoreUnderTest } from "./conformance/presence-store/adapter-under-test.ts";
export { presenceStoreSuite } from "./conformance/presence-store.ts";
export {
  type RateLimiterAdapter,
  type RateLimiterUnderTest,
  rateLimiterSuite,
} from "./conformance/rate-limiter.ts";
export type { Expectation, Runner } from "./conformance/runner.ts";
export { settleBus } from "./conformance/settle-bus.ts";
export { ConnectionPair } from "./connection-pair.ts";
export { createTestChat, type TestChat, type TestClientOptions } from "./create-test-chat.ts";
export type { InProcessConnection, InProcessListener, InProcessTransport } from "./in-process-transport.ts";
export { type Faults, Lossy } from "./lossy.ts";
export { ManualClock } from "./manual-clock.ts";
export { SeededRandom } from "./seeded-random.ts";
export { sharedStore } from "./shared-store.ts";
export { check as checkHistory } from "./simulation/checker/check.ts";
export type { CheckBounds } from "./simulation/checker/check-bounds.ts";
export type { Counts, Verdict, Violation } from "./simulation/checker/verdict.ts";
export { ConnectionLines } from "./simulation/connection-lines.ts";
export { seenEvent } from "./simulation/content-hash.ts";
export { DeviceHistory, DeviceMemory } from "./simulation/device-history.ts";
export type { Fault, FaultKind } from "./simulation/fault.ts";
export { type TellLine, writeStored } from "./simulation/final-state.ts";
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
export type { Way } from "./tcp-proxy/stream-weather.ts";
export { TcpProxy, type TcpProxyOptions } from "./tcp-proxy/tcp-proxy.ts";
export { TestClient } from "./test-client.ts";
export { TestEngine, type TestEngineOptions } from "./test-engine.ts";
