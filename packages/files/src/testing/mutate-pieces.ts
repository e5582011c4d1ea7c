import { change, type Draw, listMoves, type Moves, type Mutator, pick, replaced } from './draw';
import { forgeNumber } from './mutate-bytes';

type Pieces = readonly Buffer[];

const some = (pieces: Pieces, draw: Draw, becomes: (piece: Buffer) => Buffer): Pieces => {
  const at = draw(pieces.length);
  return pieces.length === 0 ? pieces : replaced(pieces, at, 1, becomes(pieces[at]!));
};

const inPlace: Moves<Pieces> = {
  forge: (pieces, draw) => some(pieces, draw, (piece) => forgeNumber(piece, draw, draw(Math.min(48, piece.length)))),
  forge2: (pieces, draw) => some(pieces, draw, (piece) => forgeNumber(piece, draw, draw(piece.length))),
  step: (pieces, draw) =>
    some(pieces, draw, (piece) => {
      const changed = Buffer.from(piece);
      const at = draw(Math.min(48, piece.length));
      if (piece.length > 0) changed[at] = (changed[at]! + pick([1, 255, 16, 128], draw)) & 255;
      return changed;
    }),
  fill: (pieces, draw) =>
    some(pieces, draw, (piece) => {
      const changed = Buffer.from(piece);
      const from = draw(piece.length);
      changed.subarray(from, from + 1 + draw(32)).fill(pick([0, 255, 0x80], draw));
      return changed;
    }),
};

const moves: Moves<Pieces> = {
  ...listMoves<Buffer>(),
  shorten: (pieces, draw) => some(pieces, draw, (piece) => piece.subarray(0, draw(piece.length))),
  lengthen: (pieces, draw) =>
    some(pieces, draw, (piece) => Buffer.concat([piece, Buffer.alloc(1 + draw(64), draw(256))])),
  ...inPlace,
};

/**
 * Breaks a file by the pieces that it is made of.
 *
 * @param starts Where each begins, but for the first.
 * @param keep How many of the first are left whole, three times of four.
 * @param isFixed Whether every byte stays at its place, as files want that point to places: three times of four.
 */
export const mutatePieces =
  (starts: (file: Buffer) => readonly number[], keep = 0, isFixed = false): Mutator =>
  (seed, draw) => {
    const cuts = [...new Set([0, ...starts(seed)])].sort((a, b) => a - b);
    const pieces = cuts.map((from, i) => seed.subarray(from, cuts[i + 1]));
    const kept = draw(4) === 0 ? 0 : keep;
    const { value, how } = change<Pieces>(pieces.slice(kept), isFixed && draw(4) > 0 ? inPlace : moves, draw);
    return { bytes: Buffer.concat([...pieces.slice(0, kept), ...value]), how };
  };

/** Where one of these texts stands in a file. */
export const placesOf =
  (...texts: readonly string[]) =>
  (file: Buffer): number[] =>
    texts.flatMap((text) => {
      const places: number[] = [];
      for (let at = file.indexOf(text, 0, 'latin1'); at >= 0; at = file.indexOf(text, at + 1, 'latin1'))
        places.push(at);
      return places;
    });

/** Breaks a RIFF file, such as a wav, by its chunks; the whole's length is then right, three times of four. */
export const mutateRiff: Mutator = (seed, draw) => {
  const { bytes, how } = mutatePieces(riffChunks, 1)(seed, draw);
  if (draw(4) > 0 && bytes.length >= 12) bytes.writeUInt32LE(bytes.length - 8, 4);
  return { bytes, how };
};

function riffChunks(file: Buffer): number[] {
  const starts: number[] = [];
  for (let at = 12; at + 8 <= file.length; at += 8 + file.readUInt32LE(at + 4) + (file.readUInt32LE(at + 4) & 1)) {
    starts.push(at);
  }
  return starts;
}
