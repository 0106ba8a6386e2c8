import { once } from "node:events";
import { connect } from "node:net";

/** Writes one request byte for byte and gives what comes back until the other side closes, or says nothing for `quietMs`. */
export async function rawHttp(port: number, text: string, quietMs = 1_000): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  let answer = "";
  socket.setTimeout(quietMs, () => socket.destroy());
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    answer += chunk;
  });
  socket.on("error", () => {});
  socket.write(text);
  await new Promise((resolve) => socket.once("close", resolve));
  return answer;
}

/** The status of the last answer; 0: none. */
export function statusOf(answer: string): number {
  return Number([...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].at(-1)?.[1] ?? 0);
}
