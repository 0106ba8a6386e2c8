import type { UserId } from "@earshot/protocol";
import type { OutsiderWorld } from "./outsider-world.ts";

/** Looks at an answer that is no refusal. */
export type Look = (answer: unknown) => void;

/** One HTTP call, whose answer has to be one of those that were right at some moment. */
export async function call(
  world: OutsiderWorld,
  user: UserId,
  [method, path, body]: readonly [string, string, unknown?],
  outcomes: () => readonly string[],
  look: Look = () => {},
): Promise<string> {
  const name = `${user} ${method} ${path} ${body === undefined ? "" : JSON.stringify(body).slice(0, 200)}`;
  world.note(name);
  const request = world.requests.begin({ name, outcomes, possible: new Set<string>() });
  const response = await world.engine.chat.fetch(
    new Request(`http://test${path}`, {
      method,
      headers: { authorization: `Bearer ${user}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
  const text = await response.text();
  const answer = text === "" ? null : (JSON.parse(text) as { readonly code?: string; readonly last?: number });
  const refused = answer?.last === undefined ? (answer?.code ?? "") : `${answer.code} ${answer.last}`;
  const again = method === "POST" && path.endsWith("/messages") && response.status === 200;
  const outcome = response.status >= 300 ? refused : again ? "dup" : "ok";
  world.requests.end(request, outcome);
  if (response.status < 300) look(answer);
  return outcome;
}
