import type { CorpusFolder } from './corpus-folder';
import type { Report } from './problem';
import type { Sample } from './sample';

/** Reads one layout of a corpus. */
export type CorpusReader = {
  /** Whether the folder is laid out this way; looks at names, and into a file's beginning where its name is another layout's too. */
  recognises(folder: CorpusFolder): boolean;
  /** What is missing of a folder that nearly is laid out this way, such as `Session1/dialog/transcriptions`; undefined if it is not. */
  lacks?(folder: CorpusFolder): string | undefined;
  /** What there is to read. What is wrong with a sample is reported and the sample left out; a sample without a recording is kept. */
  read(folder: CorpusFolder, report: Report): Promise<Sample[]>;
};
