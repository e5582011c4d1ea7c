/** A flac file of silence in 16 bits at 16 kHz: each frame of 65,535 samples takes some 35 bytes. Its header claims `claimed` samples. */
export function silentFlac(frames: number, channels: number, claimed: number): Buffer {
  const block = 65_535;
  const info = Buffer.alloc(42);
  info.write('fLaC', 0, 'latin1');
  info.writeUInt32BE(0x80000022, 4); // the last and only block of notes, 34 bytes
  info.writeUInt16BE(block, 8);
  info.writeUInt16BE(block, 10);
  info.writeUInt32BE(((16_000 << 12) | ((channels - 1) << 9) | (15 << 4)) >>> 0, 18);
  info.writeUInt32BE(claimed, 22);
  const silence = Buffer.alloc(3 * channels); // one constant a channel
  const parts: Buffer[] = [info];
  for (let frame = 0; frame < frames; frame++) {
    const number = frame < 128 ? [frame] : [0xc0 | (frame >> 6), 0x80 | (frame & 63)];
    const head = [0xff, 0xf8, 0x75, ((channels - 1) << 4) | 8, ...number, (block - 1) >> 8, (block - 1) & 255];
    const body = Buffer.concat([Buffer.from([...head, crc(head, 8, 0x07)]), silence]);
    const sum = crc(body, 16, 0x8005);
    parts.push(body, Buffer.from([sum >> 8, sum & 255]));
  }
  return Buffer.concat(parts);
}

function crc(bytes: Iterable<number>, bits: number, polynomial: number): number {
  const top = 1 << (bits - 1);
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte << (bits - 8);
    for (let bit = 0; bit < 8; bit++) sum = ((sum << 1) ^ (sum & top ? polynomial : 0)) & (2 * top - 1);
  }
  return sum;
}
