import { type AudioHeader, ascii, HeaderError } from './audio-header';
import { readFlacHeader } from './flac-header';
import { readMp3Header } from './mp3-header';
import { readOggHeader } from './ogg-header';
import { readWavHeader } from './wav-header';

/** Reads the header of a wav, flac, mp3, Ogg Vorbis or Opus file, told by its content. @throws HeaderError */
export function readAudioHeader(bytes: Uint8Array): AudioHeader {
  const audio = bytes.subarray(tagLength(bytes));
  if (ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 12) === 'WAVE') return readWavHeader(bytes);
  if (ascii(audio, 0, 4) === 'fLaC') return readFlacHeader(audio);
  if (ascii(bytes, 0, 4) === 'OggS') return readOggHeader(bytes);
  if (audio[0] === 0xff && (audio[1]! & 0xe0) === 0xe0) return readMp3Header(audio);
  const start = Buffer.from(bytes.subarray(0, 8)).toString('hex');
  throw new HeaderError(
    `not audio: expected wav, flac, mp3, ogg vorbis or opus, found a file that begins with the bytes ${start}`,
  );
}

/** Length of a leading ID3v2 tag, which mp3 and some flac files carry. */
function tagLength(bytes: Uint8Array): number {
  if (ascii(bytes, 0, 3) !== 'ID3' || bytes.length < 10) return 0;
  const size = bytes.subarray(6, 10).reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0);
  return 10 + size + (bytes[5]! & 0x10 ? 10 : 0);
}
