import { type AudioHeader, ascii, HeaderError, view } from './audio-header';

// kbit/s by index; the sample rates by index, for MPEG-1, halved for MPEG-2 and again for MPEG-2.5.
const BITRATES_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const BITRATES_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const SAMPLE_RATES = [44_100, 48_000, 32_000];

type Frame = { length: number; samples: number; sampleRate: number; mono: boolean; mpeg1: boolean };

/** Walks the frames of an mp3 file, as only their number says how long it is. @throws HeaderError */
export function readMp3Header(bytes: Uint8Array): AudioHeader {
  const first = readFrame(bytes, 0);
  if (!first) throw new HeaderError('not audio: it begins like an mp3 file, but not with a frame of MPEG layer III');
  const claimed = claimedFrames(bytes, first);
  let count = 0;
  for (let at = claimed === undefined ? 0 : first.length; ; count++) {
    const frame = readFrame(bytes, at);
    if (!frame || at + frame.length > bytes.length) break;
    at += frame.length;
  }
  if (claimed !== undefined && count < claimed) {
    throw new HeaderError(`truncated or damaged: its header claims ${claimed} frames, ${count} are there`);
  }
  const maxFrames = count * first.samples;
  // The encoder's delay and padding are taken off: up to three frames in all.
  return {
    format: 'mp3',
    sampleRate: first.sampleRate,
    channels: first.mono ? 1 : 2,
    minFrames: Math.max(0, maxFrames - 3 * first.samples),
    maxFrames,
  };
}

/** How many frames the file claims, where the first one is no sound but Xing's note of it. */
function claimedFrames(bytes: Uint8Array, { mono, mpeg1 }: Frame): number | undefined {
  const at = 4 + (mpeg1 ? (mono ? 17 : 32) : mono ? 9 : 17);
  if (!['Xing', 'Info'].includes(ascii(bytes, at, at + 4)) || bytes.length < at + 12) return undefined;
  const known = view(bytes).getUint32(at + 4) & 1;
  return known ? view(bytes).getUint32(at + 8) : 0;
}

function readFrame(bytes: Uint8Array, at: number): Frame | undefined {
  if (at + 4 > bytes.length || bytes[at] !== 0xff || (bytes[at + 1]! & 0xe6) !== 0xe2) return undefined;
  const version = (bytes[at + 1]! >> 3) & 3; // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
  const mpeg1 = version === 3;
  const bitrate = (mpeg1 ? BITRATES_1 : BITRATES_2)[bytes[at + 2]! >> 4];
  const rate = SAMPLE_RATES[(bytes[at + 2]! >> 2) & 3];
  if (version === 1 || !bitrate || !rate) return undefined;
  const sampleRate = rate / (mpeg1 ? 1 : version === 2 ? 2 : 4);
  const samples = mpeg1 ? 1152 : 576;
  const length = Math.floor(((samples / 8) * bitrate * 1000) / sampleRate) + ((bytes[at + 2]! >> 1) & 1);
  return { length, samples, sampleRate, mono: bytes[at + 3]! >> 6 === 3, mpeg1 };
}
