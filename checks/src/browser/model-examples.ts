import type { Example } from '@mmolre/model';

/** Utterances with a text, a recording, or both, of several lengths. */
export function examples(): Example[] {
  return [
    {
      id: 'both',
      text: 'I loved it, every minute of it.',
      audio: voice(220, 16_000),
      sentiment: 3,
      emotions: [1, 0, 0, 0, 0, 0],
    },
    { id: 'short', text: 'No.', audio: voice(110, 4_000), sentiment: -1, emotions: [0, 0, 1, 0, 0, 0] },
    { id: 'text', text: 'What a waste of an evening, and of money!', sentiment: -3, emotions: [0, 1, 1, 0, 1, 0] },
    { id: 'audio', audio: voice(170, 30_000), sentiment: 0, emotions: [0, 0, 0, 1, 0, 0] },
  ];
}

/** A falling tone with three partials, samples at 16 kHz. */
function voice(pitch: number, samples: number): Float32Array {
  const at = (i: number, partial: number) =>
    Math.sin(((2 * Math.PI * pitch * partial * i) / 16_000) * (1 - i / 90_000));
  return Float32Array.from({ length: samples }, (_, i) => 0.1 * (at(i, 1) + at(i, 2) / 2 + at(i, 3) / 3));
}
