/** Whether a source of weights is an address, `hf:…` or `pip:…`, and no folder. */
export const isAddress = (source: string): boolean => /^(hf|pip):/.test(source);

/**
 * A source of weights (a folder, `hf:owner/name[@revision]` or `pip:name`) as a user wrote it, a folder made absolute.
 *
 * @param userPath Makes a path that a user wrote absolute.
 */
export const withUserPath = (source: string, userPath: (path: string) => string): string =>
  isAddress(source) ? source : userPath(source);
