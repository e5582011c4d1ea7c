import { basename, extname } from 'node:path';
import { DataError } from '@mmolre/files';
import { readCorpus } from '../read-corpus';
import type { Sample } from '../sample';

type Files = Record<string, string | Uint8Array>;
const WAYS = ['removed', 'empty', 'a pointer'] as const;
const POINTER = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n';

/** What the loss of one file costs. */
type Loss = {
  /** Ids of samples that are not read any more. */
  lost: string[];
  /** Of those that have no recording any more. */
  silent: string[];
  /** Of those that have no sentiment, polarity or emotions any more. */
  unlabelled: string[];
  /** How many problems it adds. Each names the file, or what is missed in it. */
  problems: number;
};

/**
 * Loses each file of a corpus in turn: removed, emptied, and where it is a text a Git LFS pointer. The keys are such as `a/b.csv removed`.
 *
 * @param ways Some of the ways; `removed` where a layout is still known without the file.
 * @throws If a problem that this adds does not name the file.
 */
export async function loseFiles(
  folderOf: (files: Files) => Promise<string>,
  files: Files,
  ways: readonly (typeof WAYS)[number][] = WAYS,
) {
  const read = async (changed: Files) => {
    const folder = await folderOf(changed);
    const refused = (error: unknown) => {
      if (error instanceof DataError) return { samples: [], problems: [error] };
      throw error;
    };
    const { samples, problems } = await readCorpus(folder).catch(refused);
    return { samples, messages: problems.map(({ message }) => message.replaceAll(`${folder}/`, '').replaceAll(folder, '')) };
  };
  const whole = await read(files);
  const losses: Record<string, Loss> = {};
  for (const [file, content] of Object.entries(files)) {
    for (const way of ways) {
      if (way === 'a pointer' && typeof content !== 'string') continue;
      const { [file]: _, ...others } = files;
      const changed = way === 'empty' ? '' : POINTER;
      const { samples, messages } = await read(way === 'removed' ? others : { ...others, [file]: changed });
      const after = new Map(samples.map((sample): [string, Sample] => [sample.id, sample]));
      const ids = (gone: (sample: Sample, now: Sample | undefined) => boolean) =>
        whole.samples.filter((sample) => gone(sample, after.get(sample.id))).map(({ id }) => id);
      const added = messages.filter((message) => !whole.messages.includes(message));
      const name = basename(file, extname(file));
      const other = added.find((message) => !message.includes(name));
      if (other) throw new Error(`${file} ${way}: a problem that does not name it: ${other}`);
      losses[`${file} ${way}`] = {
        lost: ids((_, now) => !now),
        silent: ids((sample, now) => !!now && hasSound(sample) && !hasSound(now)),
        unlabelled: ids((sample, now) => !!now && isLabelled(sample) && !isLabelled(now)),
        problems: added.length,
      };
    }
  }
  return losses;
}

const hasSound = ({ recording, video }: Sample) => recording !== undefined || video !== undefined;
const isLabelled = ({ sentiment, polarity, emotions }: Sample) =>
  sentiment !== undefined || polarity !== undefined || emotions !== undefined;
