export type Room = {
  /** Takes a place for a question of so many bytes, and gives what leaves it; undefined where there is none. */
  enter(bytes: number): (() => void) | undefined;
  /** How many are in it. */
  taken(): number;
};

/** Place for so many questions, and so many bytes of them, at once. */
export function createRoom(limit: { questions: number; bytes: number }): Room {
  let [questions, bytes] = [0, 0];
  return {
    enter(more) {
      if (questions + 1 > limit.questions || bytes + more > limit.bytes) return undefined;
      questions += 1;
      bytes += more;
      return () => {
        questions -= 1;
        bytes -= more;
      };
    },
    taken: () => questions,
  };
}
