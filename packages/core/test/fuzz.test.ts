import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

/** A fresh seed each run; `FUZZ_SEED=7` runs one again. */
const SEED = Number(process.env["FUZZ_SEED"] ?? Math.floor(Math.random() * 1_000_000));
const FRAMES = Number(process.env["FUZZ_FRAMES"] ?? 300_000);
/** `FUZZ_HANDSHAKES=100000` for a long run. */
const HANDSHAKES = Number(process.env["FUZZ_HANDSHAKES"] ?? 20_000);
const WITHIN_MS = 15 * 60_000;
const NODE_OPTIONS = ["--no-memory-protection-keys", "--no-sparkplug", "--conditions=@earshot/source"];

/** What a fuzzing process saw; its death, by whatever, is an error that says how to run it again. */
async function run<Seen>(file: string, count: number, options: readonly string[] = []): Promise<Seen> {
  const path = fileURLToPath(new URL(`security/${file}`, import.meta.url));
  const args = [...NODE_OPTIONS, ...options, path, String(SEED), String(count)];
  const replay = `replay by: node ${args.join(" ")}`;
  console.log(replay);
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: WITHIN_MS, maxBuffer: 2 ** 24 });
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Seen;
  } catch (cause) {
    throw new Error(`the process did not survive; ${replay}`, { cause });
  }
}

describe.concurrent("fuzzing", () => {
  it(
    "S28: survives upgrades of any kind, cut off at any moment, and serves on",
    async () => {
      const seen = await run<{
        readonly answers: Readonly<Record<string, number>>;
        readonly troubles: readonly string[];
        readonly serves: boolean;
        readonly sessions: number;
        readonly addresses: number;
      }>("fuzz-handshakes.ts", HANDSHAKES);
      expect(seen.troubles).toEqual([]);
      expect(seen).toMatchObject({ serves: true, sessions: 0, addresses: 0 });
      // Enough of them were whole that all ways out were taken.
      for (const status of ["101", "400", "403", "404"]) expect(seen.answers[status]).toBeGreaterThan(HANDSHAKES / 200);
    },
    WITHIN_MS,
  );

  it(
    "S37, S38, S39, S56: no frame of any kind throws in decoder or session, none fails inside, and memory is what it was",
    async () => {
      const seen = await run<{
        readonly seen: Readonly<Record<"frame" | "refused" | "malformed" | "hello" | "answers", number>>;
        readonly troubles: readonly string[];
        readonly left: Readonly<Record<string, number>>;
        readonly warm: number;
        readonly end: number;
      }>("fuzz-frames.ts", FRAMES, ["--expose-gc", "--max-semi-space-size=8"]);
      expect(seen.troubles).toEqual([]);
      expect(Object.values(seen.left).every((count) => count === 0)).toBe(true);
      expect(seen.end / seen.warm).toBeLessThan(1.1);
      // Enough of each kind that all ways were taken.
      for (const kind of ["frame", "refused", "malformed", "hello", "answers"] as const)
        expect(seen.seen[kind]).toBeGreaterThan(FRAMES / 200);
    },
    WITHIN_MS,
  );
});
