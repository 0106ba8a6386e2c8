import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts the Chromium that is on the PATH, in a profile directory of its own that goes when it closes. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumOnPath(), args: ARGUMENTS });
}

function chromiumOnPath(): string {
  const directories = (process.env.PATH ?? "").split(delimiter);
  const found = directories.flatMap((directory) => NAMES.map((name) => join(directory, name))).find(isExecutable);
  if (found === undefined) throw new Error("no Chromium on the PATH; apt-get install -y chromium");
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
