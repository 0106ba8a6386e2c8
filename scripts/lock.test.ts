import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";

const lock = join(import.meta.dirname, "lock.mjs");

/** Takes the lock, says so, and holds it until its stdin ends; its own child, which holds it too, until it is killed. */
const holder = `
  import { spawn } from "node:child_process";
  import { once } from "node:events";
  import { alone } from ${JSON.stringify(lock)};
  const [name, withChild] = process.argv.slice(1);
  const work = async (held) => {
    if (withChild === "child") {
      const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: ["ignore", "ignore", "ignore", held] });
      console.log("child " + child.pid);
    }
    console.log("in");
    process.stdin.resume();
    await once(process.stdin, "end");
    console.log("out");
  };
  await alone(name, work, () => console.log("waits"));
  process.exit(0);
`;

class Holder {
  readonly process: ChildProcess;
  readonly #lines: string[] = [];
  #heard: () => void = () => {};

  constructor(name: string, ...words: string[]) {
    this.process = spawn(process.execPath, ["--input-type=module", "-e", holder, name, ...words], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    if (this.process.stdout === null) throw new Error("no stdout");
    createInterface(this.process.stdout).on("line", (line) => {
      this.#lines.push(line);
      this.#heard();
    });
  }

  /** The first line that begins so, as soon as it is there. */
  async says(start: string): Promise<string> {
    for (;;) {
      const line = this.#lines.find((each) => each.startsWith(start));
      if (line !== undefined) return line;
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  get said(): readonly string[] {
    return this.#lines;
  }
}

describe("alone", () => {
  const pids: number[] = [];
  let names = 0;

  const freshName = (): string => `lock.test ${process.pid} ${names++}`;
  const hold = (name: string, ...words: string[]): Holder => {
    const one = new Holder(name, ...words);
    if (one.process.pid !== undefined) pids.push(one.process.pid);
    return one;
  };

  afterEach(() => {
    for (const pid of pids.splice(0)) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    }
  });

  it("lets one in at a time, and the next when the first is done", async () => {
    const name = freshName();
    const first = hold(name);
    await first.says("in");
    const second = hold(name);
    await second.says("waits");
    expect(second.said).toEqual(["waits"]);
    first.process.stdin?.end();
    await second.says("in");
    expect(first.said).toEqual(["in", "out"]);
    second.process.stdin?.end();
    expect(await once(second.process, "exit")).toEqual([0, null]);
  });

  it("does not make those of another name wait", async () => {
    await hold(freshName()).says("in");
    const other = hold(freshName());
    await other.says("in");
    expect(other.said).toEqual(["in"]);
  });

  it("is free at once when its holder is killed", async () => {
    const name = freshName();
    const first = hold(name);
    await first.says("in");
    first.process.kill("SIGKILL");
    await once(first.process, "exit");
    const second = hold(name);
    await second.says("in");
    expect(second.said).toEqual(["in"]);
  });

  it.runIf(process.platform === "linux")("outlives a killed holder while a child of it is at work", async () => {
    const name = freshName();
    const first = hold(name, "child");
    const child = Number((await first.says("child")).slice("child ".length));
    pids.push(child);
    await first.says("in");
    first.process.kill("SIGKILL");
    await once(first.process, "exit");
    const second = hold(name);
    await second.says("waits");
    expect(second.said).toEqual(["waits"]);
    process.kill(child, "SIGKILL");
    await second.says("in");
  });
});
