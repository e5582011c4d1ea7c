import { MPEGDecoder } from 'mpg123-decoder';

/** So many bytes are decoded at a time: what comes out of one part is in memory before it can be counted. */
const PART = 2_048;

/** Decodes an mp3 file part by part. The silence that the encoder noted is left out. */
export async function* decodeMp3(file: Uint8Array): AsyncGenerator<readonly Float32Array[]> {
  const decoder = new MPEGDecoder();
  await decoder.ready;
  try {
    for (let at = 0; at < file.length; at += PART) yield decoder.decode(file.subarray(at, at + PART)).channelData;
  } finally {
    decoder.free();
  }
}
