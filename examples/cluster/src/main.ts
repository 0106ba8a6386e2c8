// `npm run cluster`: see README.md. Progress on stderr, one line on stdout when it is ready.
import { DEMO_LOGIN_WARNING } from "../../quickstart/src/demo-login.ts";
import { leaveOnSignal } from "../../quickstart/src/leave-on-signal.ts";
import { Cluster } from "./cluster.ts";
import { type ClusterOptions, readOptions, USAGE } from "./options.ts";

/** Beside the drain, in ms: gateways that do not close are killed within it. */
const STOP_WITHIN_MS = 20_000;

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function run(options: ClusterOptions): Promise<void> {
  const { nodes, store, bus, presence, json } = options;
  say(`Earshot cluster: ${nodes} gateways, store ${store}, bus ${bus}, presence ${presence}`);
  const cluster = new Cluster(options, { say });
  leaveOnSignal(() => cluster.stop(), options.drainMs + STOP_WITHIN_MS);
  // Told to leave before it was there: that ends the process.
  if (!(await cluster.start())) return;
  say(DEMO_LOGIN_WARNING);
  const line = cluster.readyLine();
  const pages = cluster.gateways.map(({ url }) => url).join(" ");
  process.stdout.write(json ? `${JSON.stringify(line)}\n` : `Earshot cluster: ${pages}\n`);
}

let options: ClusterOptions | null = null;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  say(`Earshot cluster did not start: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 2;
}
if (options !== null) {
  try {
    await run(options);
  } catch (error) {
    say(`Earshot cluster did not start: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  }
}
