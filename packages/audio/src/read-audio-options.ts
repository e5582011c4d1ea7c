export type ReadAudioOptions = {
  /** Hz of the result, 16,000 if left out. */
  sampleRate?: number;
  /** A longer file is refused before it is decoded; 600 if left out. */
  maxSeconds?: number;
  /**
   * Only so much of the beginning, to the last bit as in the whole. Of wav no more is read; flac, mp3 and Ogg are read whole, but
   * decoded no further. What lies behind is not checked.
   */
  firstSeconds?: number;
  /** Decoding is given up after so long; 60 if left out. */
  deadlineSeconds?: number;
};
