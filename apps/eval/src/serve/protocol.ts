import type { Explanation } from '@mmolre/training';

// What the page and the server say to each other, as JSON.

/** What can be asked, and of which run. */
export type About = {
  /** The run's name. */ run: string;
  /** Of a recording so much is heard. */ maxSeconds: number;
  /** How long a text may be, */ maxCharacters: number;
  /** and a recording's file. */ maxBytes: number;
  /** One an emotion, where the model predicts emotions: above it, the emotion counts as present. */
  thresholds: Record<string, number> | undefined;
  /** Recordings of the data that the run was trained on, by their address here. */ clips: {
    label: string;
    path: string;
  }[];
};

/** The answer to a question. */
export type Answered = Explanation & {
  /** Whether the recording was longer than what is heard of one. */ cut: boolean;
};

/** What is said of a request that is refused, on one line. */
export type Refused = { error: string };
