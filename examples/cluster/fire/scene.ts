import { parseJson } from "@earshot/protocol";
import { BALANCER, balancedFetch } from "./balanced.ts";
import { FireDevice } from "./fire-device.ts";
import type { Route } from "./route.ts";
import type { RunNotes } from "./run-notes.ts";

const USERS = 6;
const DEVICES_PER_USER = 2;
/** Members of each small conversation, by the users' places. */
const CIRCLES: readonly (readonly number[])[] = [
  [0, 1],
  [0, 1, 2],
  [2, 3, 4, 5],
  [0, 2, 4],
  [1, 3, 5],
  [0, 1, 2, 3, 4, 5],
];
/** Members of one large conversation, most of whom never come: above 64 its events go to those who look. */
const CROWD = 80;

export interface Scene {
  readonly devices: readonly FireDevice[];
  readonly conversations: readonly string[];
}

/** What devices still wait for, in words: answers, or what others have. */
export function restlessIn({ devices, conversations }: Scene): readonly string[] {
  const heads = new Map(conversations.map((c) => [c, Math.max(...devices.map((device) => device.cursor(c)))]));
  return devices.flatMap((device) => device.restless(heads) ?? []);
}

export interface SceneHost {
  readonly route: Route;
  readonly notes: RunNotes;
  readonly seed: number;
  /** Tells one run from another on servers that outlive it. */
  readonly tag: string;
  onAcknowledged(): void;
}

/** Users with their devices, each of which looks at every conversation of its user. */
export async function makeScene(host: SceneHost): Promise<Scene> {
  const users = Array.from({ length: USERS }, (_, index) => `u${index + 1}-${host.tag}`);
  const conversations: string[] = [];
  const members = new Map<string, readonly string[]>();
  const crowd = Array.from({ length: CROWD - USERS }, (_, index) => `c${index + 1}-${host.tag}`);
  for (const circle of [...CIRCLES.map((places) => places.map((place) => users[place] ?? "")), [...users, ...crowd]]) {
    const c = await createConversation(host.route, circle);
    conversations.push(c);
    members.set(c, circle);
  }
  const devices = users.flatMap((user, index) =>
    Array.from({ length: DEVICES_PER_USER }, (_, number) => {
      const seed = host.seed * 1_000 + index * DEVICES_PER_USER + number;
      const { notes, route, onAcknowledged } = host;
      const device = { name: `${user}.${number + 1}`, user, seed, route };
      return new FireDevice({ ...device, now: notes.now, write: notes.write, onAcknowledged });
    }),
  );
  for (const device of devices) {
    for (const c of conversations) if (members.get(c)?.includes(device.user)) device.open(c);
  }
  return { devices, conversations };
}

/** By the first of them. */
export async function createConversation(route: Route, members: readonly string[]): Promise<string> {
  const [owner = "", ...others] = members;
  const answer = await balancedFetch(route)(`${BALANCER}/chat/conversations`, {
    method: "POST",
    headers: { authorization: `Bearer ${owner}`, "content-type": "application/json" },
    body: JSON.stringify({ kind: "group", members: others }),
  });
  if (!answer.ok) throw new Error(`unable to create a conversation; ${answer.status} ${await answer.text()}`);
  return String((parseJson(await answer.text()) as { readonly c: string }).c);
}
