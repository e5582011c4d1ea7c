import { POLARITIES, type Polarity } from '@mmolre/datasets';
import type { SourceSample } from '../types';

/** Sources that are searched together: those of one polarity, and with UniMSE's rule of one set. */
export type IndexPool = {
  /** Differs from those of the run's other pools, the same in every run; of letters, digits and `_ - .`: `negative`, `negative-meld`. */
  name: string;
  polarity: Polarity;
  /** The source set; undefined: all together. */
  source: string | undefined;
};

/** The pools that hold any of the sources: set by set in the order of their first samples, or all sets together. */
export function poolsOf(sources: readonly SourceSample[], isBySet: boolean): IndexPool[] {
  const sets = isBySet ? [...new Set(sources.map(({ source }) => source))] : [undefined];
  return sets
    .flatMap((source) => POLARITIES.map((polarity) => ({ name: poolName(polarity, source), polarity, source })))
    .filter((pool) => sources.some((sample) => isOf(pool, sample)));
}

/** Whether a source belongs to a pool. */
export const isOf = (pool: IndexPool, { polarity, source }: SourceSample): boolean =>
  polarity === pool.polarity && (pool.source === undefined || source === pool.source);

/** What is no letter or digit of ASCII, `_` or `-` is written as its code between dots. */
export function poolName(polarity: Polarity, source: string | undefined): string {
  if (source === undefined) return polarity;
  return `${polarity}-${source.replace(/[^\w-]/gu, (letter) => `.${letter.codePointAt(0)!.toString(16)}.`)}`;
}
