import { wavFile } from '@mmolre/audio';

/** A wav file of a tone at 16 kHz. */
export const toneFile = (samples: number, hertz: number): Uint8Array =>
  wavFile(
    Float32Array.from({ length: samples }, (_, i) => 0.27 * Math.sin((2 * Math.PI * hertz * i) / 16_000)),
    16_000,
  );
