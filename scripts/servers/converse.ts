import { connect } from "node:net";

const WITHIN_MS = 1000;

/**
 * Connects to a port of 127.0.0.1, writes `request` and gives what comes back until `done` holds for it; null if nobody
 * listens, or the answer is cut off or takes longer than 1 s.
 */
export function converse(port: number, request: string, done: (answer: string) => boolean): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    let answer = "";
    const settle = (result: string | null): void => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(WITHIN_MS, () => settle(null));
    socket.once("error", () => settle(null));
    socket.once("end", () => settle(null));
    socket.once("connect", () => socket.write(request));
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
      if (done(answer)) settle(answer);
    });
  });
}
