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

/** A value as it stands in a message: quoted, on one line, cut after 60 characters. */
export function quoted(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}

/** A path as it stands in a message: as it is, unless it would break the line. */
export function shownPath(path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a file's name may hold them, a message may not
  return /[\u0000-\u001f\u007f]/.test(path) ? JSON.stringify(path) : path;
}
