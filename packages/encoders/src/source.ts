/**
 * A source of weights (a folder, `hf:owner/name[@revision]` or `pip:name`) as a user wrote it, a folder made absolute.
 *
 * @param userPath Makes a path that a user wrote absolute.
 */
export const withUserPath = (source: string, userPath: (path: string) => string): string =>
  /^(hf|pip):/.test(source) ? source : userPath(source);
