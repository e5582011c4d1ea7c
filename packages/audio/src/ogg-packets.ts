import { HeaderError } from './audio-header';
import { pageEnd } from './ogg-header';

const CONTINUED = 0x01;
const LAST_PAGE = 0x04;

export type OggPacket = {
  bytes: Uint8Array;
  /** It ends on the last page, of whose samples some may be filling. */
  onLastPage: boolean;
};

/** The packets of an Ogg file whose pages were checked before. @throws HeaderError if they do not fit one another. */
export function* oggPackets(file: Uint8Array): Generator<OggPacket> {
  let pending: Uint8Array[] = [];
  for (let at = 0, end: number | undefined; at < file.length; at = end) {
    end = pageEnd(file, at);
    if (end === undefined) return;
    const flags = file[at + 5]!;
    if (((flags & CONTINUED) !== 0) !== pending.length > 0)
      throw new HeaderError(`damaged: the Ogg page at byte ${at} does not go on where the one before it ends`);
    const sizes = file.subarray(at + 27, at + 27 + file[at + 26]!);
    let from = at + 27 + sizes.length;
    for (const size of sizes) {
      pending.push(file.subarray(from, from + size));
      from += size;
      if (size === 255) continue;
      yield {
        bytes: pending.length === 1 ? pending[0]! : Buffer.concat(pending),
        onLastPage: (flags & LAST_PAGE) !== 0,
      };
      pending = [];
    }
  }
}
