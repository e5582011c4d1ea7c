/** A wheel that is known by its checksum. */
export type PinnedWheel = {
  /** Its name and version on the Python package index. */
  project: string;
  version: string;
  platformTag: string;
  /** Lower-case hex; a wheel without one is refused. */
  sha256?: string;
  /** Size of the download, in MB. */
  megabytes: number;
};
