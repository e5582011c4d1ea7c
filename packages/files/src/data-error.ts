/** What kind of problem a part of a data set has. */
export type ProblemKind =
  | 'unreadable'
  | 'bad-row'
  | 'label-range'
  | 'duplicate-id'
  | 'outside-folder'
  | 'missing-audio'
  | 'corrupt-audio'
  | 'lfs-pointer'
  | 'no-audio-track'
  | 'short-audio'
  | 'silent-audio'
  | 'clipped-audio'
  | 'offset-audio'
  | 'no-audio'
  | 'no-row'
  | 'known-bad'
  | 'leakage'
  | 'unmatched'
  | 'mismatch'
  | 'encoding'
  | 'control-characters'
  | 'label-scale'
  | 'odd-id'
  | 'counts'
  | 'same-clip'
  | 'not-mapped';

/** Something is wrong with a user's data. The message is one line: which file, where in it, what was expected, what was found. */
export class DataError extends Error {
  override name = 'DataError';
  readonly kind: ProblemKind;

  constructor(message: string, { kind = 'unreadable', ...options }: ErrorOptions & { kind?: ProblemKind } = {}) {
    super(message, options);
    this.kind = kind;
  }
}

/** Controls and line ends, and what is not seen but changes what is: it has no width, or turns the direction of a line. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A value as it stands in a message: quoted, on one line, cut after 60 characters; what cannot be seen is escaped (`\u202e`). */
export function quoted(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value).replace(UNSEEN, escaped);
}

/** A path as it stands in a message: as it is, or quoted and escaped if it holds what would break the line or cannot be seen. */
export function shownPath(path: string): string {
  return path.search(UNSEEN) < 0 ? path : JSON.stringify(path).replace(UNSEEN, escaped);
}

/** As JSON has it; a character beyond 16 bits is two of these. */
function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
