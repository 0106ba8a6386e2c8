import { createServer } from "node:net";
import { Aedes } from "aedes";
import { listen } from "./listen.ts";
import type { PeerSettings } from "./peer-settings.ts";

/** An MQTT broker over bare TCP, with its memory for all that it keeps. */
export async function serveAedes({ port }: PeerSettings): Promise<number> {
  const broker = await Aedes.createBroker();
  return listen(createServer(broker.handle), port);
}
