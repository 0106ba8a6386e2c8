import { fork } from "node:child_process";

type Word<Answer> = { readonly answer: Answer } | { readonly failed: string };

/**
 * Runs a program as a process of its own and gives what it answers; rejects with its reason where it fails, and where
 * it has not answered in time. It ends with its answer, and with this process.
 */
export async function runProgram<Answer>(file: string, request: unknown, withinMs: number): Promise<Answer> {
  const child = fork(file, { execArgv: [...process.execArgv], stdio: ["ignore", 2, 2, "ipc"] });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const killer = setTimeout(() => child.kill("SIGKILL"), withinMs);
  try {
    return await new Promise<Answer>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => reject(new Error(`${file} ended without an answer: ${signal ?? code}`)));
      child.once("message", (word: Word<Answer>) => {
        if ("answer" in word) resolve(word.answer);
        else reject(new Error(word.failed));
      });
      child.send(request as object);
    });
  } finally {
    child.kill("SIGKILL");
    await gone;
    clearTimeout(killer);
  }
}

/** The program's side: does what it is asked once, tells the answer and ends. */
export function answerOnce<Request, Answer>(work: (request: Request) => Promise<Answer>): void {
  const tell = (word: Word<Answer>): void => {
    process.send?.(word, undefined, undefined, () => process.exit());
  };
  process.once("disconnect", () => process.exit(1));
  process.once("message", (request: Request) => {
    work(request).then(
      (answer) => tell({ answer }),
      (error: unknown) => tell({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
}
