import type { ChildWord } from "./child.ts";

/** The child's side of `Child`: answers each question, and leaves when nobody is there to ask. */
export function answerQuestions<Question>(answer: (question: Question) => Promise<unknown>): void {
  const say = (word: ChildWord): void => void process.send?.(word, undefined, undefined, () => {});
  process.once("disconnect", () => process.exit(1));
  process.on("message", (question: Question) => {
    answer(question).then(
      (given) => say({ answer: given }),
      (error: unknown) => say({ failed: error instanceof Error ? error.message : String(error) }),
    );
  });
}
