export { type ReconnectCase, reconnectDelay } from "../connection/backoff.ts";
export {
  type ClientStorageAdapter,
  clientStorageSuite,
  type StorageUnderTest,
} from "./conformance/client-storage.ts";
export type { Expectation, Runner } from "./conformance/runner.ts";
export { FakeGateway, type Fate } from "./fake-gateway.ts";
export { FakeHttp, type FakeRequest, type RequestFate } from "./fake-http.ts";
export { FakeNetwork } from "./fake-network.ts";
export { FakePeer, FakeServer } from "./fake-server.ts";
export { type FakeTab, FakeTabs } from "./fake-tabs.ts";
export { ManualClock } from "./manual-clock.ts";
export { MemoryDisk, memoryStorage } from "./memory-storage.ts";
export { SeededRandom } from "./seeded-random.ts";
export { simulatedClient } from "./simulated-client.ts";
