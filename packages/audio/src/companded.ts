/** The 256 samples of G.711's A-law, within [-1, 1]. */
export const A_LAW = Float32Array.from({ length: 256 }, (_, byte) => {
  const code = byte ^ 0x55;
  const segment = (code >> 4) & 7;
  const steps = 2 * (code & 15) + 1;
  const size = segment === 0 ? steps : (steps + 32) << (segment - 1);
  return (code & 0x80 ? size : -size) / 2 ** 12;
});

/** The 256 samples of G.711's mu-law, within [-1, 1]. */
export const MU_LAW = Float32Array.from({ length: 256 }, (_, byte) => {
  const code = byte ^ 0xff;
  const size = ((2 * (code & 15) + 33) << ((code >> 4) & 7)) - 33;
  return (code & 0x80 ? -size : size) / 2 ** 13;
});
