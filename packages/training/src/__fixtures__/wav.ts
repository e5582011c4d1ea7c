/** A wav file of 16 bits, mono, at 16 kHz; `at` gives each sample, -32,768 .. 32,767. */
export function wav(samples: number, at: (i: number) => number): Buffer {
  const file = Buffer.alloc(44 + 2 * samples);
  file.write('RIFF', 0);
  file.writeUInt32LE(36 + 2 * samples, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(16_000, 24);
  file.writeUInt32LE(32_000, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36);
  file.writeUInt32LE(2 * samples, 40);
  for (let i = 0; i < samples; i++) file.writeInt16LE(Math.round(at(i)), 44 + 2 * i);
  return file;
}

/** The samples of a tone. */
export const tone = (hz: number) => (i: number) => 9000 * Math.sin((2 * Math.PI * hz * i) / 16_000);
