import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Ended, runCommand } from "./command.ts";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

function onPath(): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) =>
    names.some((name) => {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    }),
  );
}

/** Installs Chromium from the system's packages if the machine has none; says so before it does. */
export async function ensureChromium(say: (text: string) => void): Promise<Ended> {
  if (onPath()) return { ok: true, output: "" };
  say("no Chromium on the PATH; installing it with apt-get install -y chromium");
  process.env["DEBIAN_FRONTEND"] ??= "noninteractive";
  const updated = await runCommand("apt-get", ["update"], "/", 180_000);
  const installed = await runCommand("apt-get", ["install", "-y", "chromium"], "/", 600_000);
  if (installed.ok && onPath()) return { ok: true, output: "" };
  const advice =
    "The browser tests need Chromium on the PATH, and it could not be installed (root is needed for that).\n";
  return { ok: false, output: updated.output + installed.output + advice };
}
