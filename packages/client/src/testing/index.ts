export { FakeGateway, type Fate } from "./fake-gateway.ts";
export { FakeNetwork } from "./fake-network.ts";
export { FakePeer, FakeServer } from "./fake-server.ts";
export { ManualClock } from "./manual-clock.ts";
export { SeededRandom } from "./seeded-random.ts";
