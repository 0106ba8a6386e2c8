import type { ChatEngine } from "../../chat-engine.ts";
import { SeededRandom } from "../seeded-random.ts";
import type { WriteLine } from "./fault-counts.ts";
import { SimulatedBus } from "./simulated-bus.ts";
import { heldBy, SimulatedGateway } from "./simulated-gateway.ts";
import { SimulatedPresence } from "./simulated-presence.ts";
import { SimulatedStore } from "./simulated-store.ts";
import { SimulatedTime } from "./time.ts";

/** Looks, and the time between them: a timer that comes and goes is not there every time. */
const LOOKS = 16;
const LOOK_EVERY_MS = 410;
/** When a gateway has everything that it has by itself, leases above all. */
const SETTLED_MS = 150_000;

/** Sizes by their names. */
type Held = Readonly<Record<string, number>>;
type SetUp = ((chat: ChatEngine) => void) | undefined;

export interface LeftBehind {
  readonly time: SimulatedTime;
  readonly gateways: readonly SimulatedGateway[];
  readonly setUp: SetUp;
}

/** Writes what each gateway holds, and what one holds that nobody has ever come to. */
export async function compareWithIdle({ time, gateways, setUp }: LeftBehind, write: WriteLine): Promise<void> {
  const baselines = await heldByIdle(setUp);
  const least = await leastHeld(time, gateways);
  for (const [index, { life }] of gateways.entries()) {
    for (const [what, value] of Object.entries(least[index] ?? {})) {
      const name = `${what} of ${life?.name ?? ""}`;
      write({ t: time.now, p: "sim", ev: "left", name, value, baseline: baselines[what] ?? 0 });
    }
  }
}

async function leastHeld(time: SimulatedTime, gateways: readonly SimulatedGateway[]): Promise<readonly Held[]> {
  const least = gateways.map((): Record<string, number> => ({}));
  for (let look = 0; look < LOOKS; look++) {
    await time.run(time.now + LOOK_EVERY_MS);
    for (const [index, { life }] of gateways.entries()) {
      const known = least[index] ?? {};
      for (const [name, value] of Object.entries(life === null ? {} : heldBy(life))) {
        known[name] = Math.min(value, known[name] ?? value);
      }
    }
  }
  return least;
}

/** The same for every run: each set-up's gateway idles once. */
const idles = new Map<SetUp, Promise<Held>>();

function heldByIdle(setUp: SetUp): Promise<Held> {
  const known = idles.get(setUp);
  if (known !== undefined) return known;
  const held = idle(setUp);
  // Set-ups are few; who makes one anew for each run is not to fill the memory.
  idles.clear();
  idles.set(setUp, held);
  return held;
}

async function idle(setUp: SetUp): Promise<Held> {
  const time = new SimulatedTime();
  const house = () => ({ time, random: new SeededRandom(1), write: () => {} });
  const gateway = new SimulatedGateway({
    ...house(),
    ...{ store: new SimulatedStore(house()), bus: new SimulatedBus(house()), presence: new SimulatedPresence(house()) },
    ...{ index: 0, fanout: { pullAbove: 1, pushBelow: 1 }, troublesomeHook: false },
    ...(setUp && { setUp }),
  });
  gateway.start();
  await time.run(SETTLED_MS);
  const [held] = await leastHeld(time, [gateway]);
  return held ?? {};
}
