/** Settles as `answer` does, or rejects after `ms` and calls `late`; what comes after that is dropped. */
export async function answerWithin<Answer>(answer: Promise<Answer>, ms: number, late: () => void): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new AnswerTimeoutError(ms));
      late();
    }, ms);
  });
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

class AnswerTimeoutError extends Error {
  override readonly name = "AnswerTimeoutError";

  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
  }
}
