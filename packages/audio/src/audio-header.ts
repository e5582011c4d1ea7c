/** What an audio file says of itself, before anything is decoded. */
export type AudioHeader = {
  format: 'wav' | 'flac' | 'mp3' | 'ogg vorbis' | 'opus';
  /** Hz, as decoded: 48,000 for Opus whatever was encoded. */
  sampleRate: number;
  channels: number;
  /** Samples per channel that decoding must give at least. */
  minFrames: number;
  /** And at most. */
  maxFrames: number;
};

/** Thrown by the parsers: what is wrong, without the file's name, which the caller adds. */
export class HeaderError extends Error {}

export const ascii = (bytes: Uint8Array, from: number, to: number) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', from, to);

export const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
