/** A wav file of one channel of 16-bit PCM. */
export function wavOf(samples: Float32Array, sampleRate: number): Blob {
  const bytes = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const words = (at: number, text: string) => {
    for (const [i, letter] of [...text].entries()) bytes.setUint8(at + i, letter.charCodeAt(0));
  };
  words(0, 'RIFF');
  bytes.setUint32(4, bytes.byteLength - 8, true);
  words(8, 'WAVEfmt ');
  bytes.setUint32(16, 16, true);
  bytes.setUint16(20, 1, true); // PCM
  bytes.setUint16(22, 1, true); // channel
  bytes.setUint32(24, sampleRate, true);
  bytes.setUint32(28, 2 * sampleRate, true); // bytes a second
  bytes.setUint16(32, 2, true); // bytes a sample
  bytes.setUint16(34, 16, true); // bits
  words(36, 'data');
  bytes.setUint32(40, 2 * samples.length, true);
  for (const [i, value] of samples.entries())
    bytes.setInt16(44 + 2 * i, Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768))), true);
  return new Blob([bytes], { type: 'audio/wav' });
}
