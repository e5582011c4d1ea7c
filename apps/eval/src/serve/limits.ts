/** What is taken from strangers at most. */
export const LIMITS = {
  /** Of the body of a question. */ bodyBytes: 20e6,
  textCharacters: 10_000,
  /** Of a recording; a longer one is refused before it is decoded. */ audioSeconds: 600,
  decodeSeconds: 10,
  /** Questions that are read, decoded, waiting or answered at once, */ questions: 128,
  /** and their bodies. */ questionBytes: 256e6,
  /** Questions that go through the model together. */ batch: 16,
  /** A request has to be there after so long. */ requestSeconds: 30,
} as const;
