import { type AudioHeader, ascii, HeaderError } from './audio-header';
import type { ByteSource } from './byte-source';
import { decodeCompressed } from './decode-compressed';
import { decodeWav } from './decode-wav';
import { FLAC_HEADER_BYTES, readFlacHeader } from './flac-header';
import { readMp3Header } from './mp3-header';
import { readOggHeader } from './ogg-header';
import { otherMedia } from './other-media';
import { isWav, readWavHeader } from './wav-header';

export type OpenedAudio = {
  header: AudioHeader;
  /**
   * The samples, channels averaged; the first `count` of them if given. Wav: no more is read. Other formats: no more is decoded, up
   * to the part of the file that the decoder was given.
   *
   * @throws HeaderError if it is cut off or damaged, as far as it was decoded.
   */
  decode(count?: number): Promise<Float32Array>;
};

/** So much is read of a compressed file at most, for each second that is allowed, and for pictures and notes in it. */
const MAX_BYTES_PER_SECOND = { flac: 768_000, lossy: 64_000 };
const MAX_EXTRA_BYTES = 16e6;
const SAMPLE_RATES = [1_000, 384_000] as const;

/**
 * Reads the header of a wav, flac, mp3, Ogg Vorbis or Opus file, told by its content. Of mp3 and Ogg that is the whole file, of the
 * others the first bytes.
 *
 * @throws HeaderError if it is none (a video or a recording that only ffmpeg reads is named), cut off as far as that can be seen, or longer
 * than `maxSeconds`.
 */
export async function openAudio(source: ByteSource, maxSeconds: number): Promise<OpenedAudio> {
  const start = await source.read(0, 12);
  if (isWav(start)) {
    const header = checked(await readWavHeader(source), maxSeconds);
    return {
      header,
      decode: (count = header.maxFrames) => decodeWav(source, header, Math.min(count, header.maxFrames)),
    };
  }
  const skip = tagLength(start);
  const head = await source.read(skip, FLAC_HEADER_BYTES);
  if (ascii(head, 0, 4) === 'fLaC') {
    const header = checked(readFlacHeader(head), maxSeconds);
    const bytes = () => readRest(source, skip, maxSeconds * MAX_BYTES_PER_SECOND.flac);
    return { header, decode: async (count) => decodeCompressed(await bytes(), header, count) };
  }
  const other = otherMedia(head);
  if (other) throw new HeaderError(`not read here: it looks like ${other}; \`data prepare\` converts it with ffmpeg`);
  const isOgg = ascii(start, 0, 4) === 'OggS';
  if (isOgg || (head[0] === 0xff && (head[1]! & 0xe0) === 0xe0)) {
    const bytes = await readRest(source, isOgg ? 0 : skip, maxSeconds * MAX_BYTES_PER_SECOND.lossy);
    const header = checked(isOgg ? readOggHeader(bytes) : readMp3Header(bytes), maxSeconds);
    return { header, decode: (count) => decodeCompressed(bytes, header, count) };
  }
  const found = Buffer.from(start.subarray(0, 8)).toString('hex');
  throw new HeaderError(
    `not audio: expected wav, flac, mp3, ogg vorbis or opus, found a file that begins with the bytes ${found}`,
  );
}

async function readRest(source: ByteSource, from: number, maxBytes: number): Promise<Uint8Array> {
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  const length = source.size - from;
  if (length > maxBytes + MAX_EXTRA_BYTES) {
    throw new HeaderError(`${megabytes(length)}, expected at most ${megabytes(maxBytes + MAX_EXTRA_BYTES)}`);
  }
  return source.read(from, length);
}

function checked<Header extends AudioHeader>(header: Header, maxSeconds: number): Header {
  const { sampleRate, channels, minFrames, maxFrames } = header;
  const [lowest, highest] = SAMPLE_RATES;
  if (sampleRate < lowest || sampleRate > highest) {
    throw new HeaderError(`expected a sample rate from ${lowest} to ${highest} Hz, found ${sampleRate}`);
  }
  if (channels === 0) throw new HeaderError('damaged: its header claims 0 channels');
  if (maxFrames === 0) throw new HeaderError('no samples in it');
  const seconds = minFrames / sampleRate;
  if (seconds > maxSeconds) throw new HeaderError(`${seconds.toFixed(1)} seconds long, expected at most ${maxSeconds}`);
  return header;
}

/** Length of a leading ID3v2 tag, which mp3 and some flac files carry. */
function tagLength(bytes: Uint8Array): number {
  if (ascii(bytes, 0, 3) !== 'ID3' || bytes.length < 10) return 0;
  const size = bytes.subarray(6, 10).reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0);
  return 10 + size + (bytes[5]! & 0x10 ? 10 : 0);
}
