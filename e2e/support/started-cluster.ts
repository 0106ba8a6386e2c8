import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** As a person would start it, who has built the tree; `EARSHOT_CLUSTER` in the environment names another command. */
const COMMAND = "node_modules/.bin/node examples/cluster/src/main.ts";

export interface StartedCluster {
  /** Of each gateway, without `/chat`. */
  readonly urls: readonly string[];
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** Starts `npm run cluster` with these words; resolves when it is ready, rejects with what it said if it ends before. */
export async function startCluster(...words: readonly string[]): Promise<StartedCluster> {
  const [command = "", ...args] = (process.env["EARSHOT_CLUSTER"] ?? COMMAND).split(" ");
  const child = spawn(command, [...args, ...words, "--json"], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    void ended.then((code) => reject(new Error(`the cluster ended with ${code}\n${said}`)));
  });
  const { nodes } = JSON.parse(line) as { readonly nodes: readonly { readonly url: string }[] };
  return {
    urls: nodes.map(({ url }) => url.replace(/\/chat$/, "")),
    stop: async () => {
      child.kill("SIGTERM");
      return ended;
    },
  };
}
