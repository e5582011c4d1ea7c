import { DataError, quoted } from '@mmolre/files';
import iconv from 'iconv-lite';

/** Checks an encoding's name, such as `gbk` or `windows-1252`. @throws DataError if there is none of that name. */
export function checkEncoding(name: string): string {
  if (iconv.encodingExists(name)) return name;
  throw new DataError(`encoding: expected one such as utf-8, windows-1252 or gbk, found ${quoted(name)}`);
}

/** UTF-16 by its byte order mark. */
export function utf16Mark(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined;
}

/** UTF-16 without a mark: every second byte is 0 in nearly all of the beginning, and no other byte is. */
export function unmarkedUtf16(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const pairs = Math.min(2_048, bytes.length >> 1);
  if (pairs < 8) return undefined;
  const zeros = [0, 0];
  for (let i = 0; i < 2 * pairs; i++) if (bytes[i] === 0) zeros[i % 2]! += 1;
  if (zeros[0] === 0 && zeros[1]! >= 0.9 * pairs) return 'utf-16le';
  return zeros[1] === 0 && zeros[0]! >= 0.9 * pairs ? 'utf-16be' : undefined;
}

/**
 * What bytes that are no UTF-8 look like. In GBK, bytes above 0x80 come in pairs; in windows-1252, which holds Latin-1, mostly alone. A guess:
 * nothing is decoded by it.
 */
export function likelyEncoding(bytes: Uint8Array): 'gbk' | 'windows-1252' | undefined {
  let [paired, alone] = [0, 0];
  for (let i = 0; i < bytes.length; ) {
    let end = i;
    while (end < bytes.length && bytes[end]! >= 0x80) end++;
    const run = end - i;
    if (run > 0 && run % 2 === 0) paired += run;
    else alone += run;
    i = end + 1;
  }
  if (paired > 9 * alone) return 'gbk';
  return alone > paired ? 'windows-1252' : undefined;
}
