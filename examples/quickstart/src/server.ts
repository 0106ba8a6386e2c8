import { join } from "node:path";
import { sqliteStore } from "@earshot/adapter-sqlite";
import { ChatEngine } from "@earshot/core";
import { DEMO_LOGIN_WARNING, demoLogin } from "./demo-login.ts";
import { makeDirectory } from "./make-directory.ts";
import { serveChat } from "./serve-chat.ts";
import { readSettings, type Settings } from "./settings.ts";
import { startFailure } from "./start-failure.ts";

async function start(settings: Settings): Promise<void> {
  makeDirectory(settings.dataDir);
  const chat = new ChatEngine({ store: sqliteStore(join(settings.dataDir, "chat.db")), authenticate: demoLogin });
  await chat.start();
  const address = await serveChat(chat, settings);
  console.warn(DEMO_LOGIN_WARNING);
  console.log(`Earshot quickstart: ${address}`);
}

let settings: Settings | null = null;
try {
  settings = readSettings(process.env);
  await start(settings);
} catch (error) {
  console.error(startFailure(error, settings));
  process.exit(1);
}
