// One gateway of the cluster: a process of its own, started by gateway-process.ts. An engine on shared systems, served like
// the quickstart's.
import { ChatEngine } from "@earshot/core";
import { freePort } from "../../../scripts/servers/free-port.ts";
import { demoLogin } from "../../quickstart/src/demo-login.ts";
import { serveChat } from "../../quickstart/src/serve-chat.ts";
import { Connections } from "./connect.ts";
import { GATEWAY_SETTINGS, type GatewaySettings, type GatewayWord } from "./gateway-settings.ts";
import { portsOf } from "./ports-of.ts";
import { stderrLogger } from "./stderr-logger.ts";

// Who started this gateway has gone without a word, and so have the servers that it started.
process.once("disconnect", () => process.exit(1));

function tell(word: GatewayWord): void {
  process.send?.(word, undefined, undefined, () => {});
}

async function start(settings: GatewaySettings): Promise<string> {
  const { node, drainMs } = settings;
  const logger = stderrLogger(node);
  const connections = new Connections((url, { message }) => {
    const { protocol, host } = new URL(url);
    logger.warn({ reason: message }, `lost a connection to ${protocol}//${host}`);
  });
  const chat = new ChatEngine({ node, ...(await portsOf(settings, connections)), authenticate: demoLogin, logger });
  await chat.start();
  return serveChat(chat, { port: settings.port, host: "127.0.0.1", drainMs, drainWaitMs: 0 });
}

async function startSomewhere(settings: GatewaySettings): Promise<string> {
  try {
    return await start(settings);
  } catch (error) {
    const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    if (!taken || !settings.anyPort) throw error;
    return start({ ...settings, port: await freePort() });
  }
}

try {
  const settings = JSON.parse(process.env[GATEWAY_SETTINGS] ?? "") as GatewaySettings;
  tell({ ready: await startSomewhere(settings) });
} catch (error) {
  tell({ failed: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
  process.disconnect();
}
