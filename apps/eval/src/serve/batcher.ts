/**
 * Makes of a function that answers many questions at once one that answers a single one: those that came while others were answered go together.
 * Between two batches all events that came have their turn.
 *
 * @param size Questions of a batch at most.
 */
export function createBatcher<Question, Answer>(
  answerAll: (questions: readonly Question[]) => readonly Answer[],
  size: number,
): (question: Question) => Promise<Answer> {
  type Waiting = { question: Question; resolve: (answer: Answer) => void; reject: (error: unknown) => void };
  const waiting: Waiting[] = [];
  const answerNext = () => {
    const batch = waiting.splice(0, size);
    try {
      const answers = answerAll(batch.map(({ question }) => question));
      for (const [i, { resolve }] of batch.entries()) resolve(answers[i]!);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    if (waiting.length > 0) setTimeout(answerNext);
  };
  return (question) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setTimeout(answerNext);
      waiting.push({ question, resolve, reject });
    });
}
