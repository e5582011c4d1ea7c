import type { Emotion } from '@mmolre/datasets';
import type { UnifiedLabel } from '../types';

/** How many labels are those that exact search gives. */
export type IndexAgreement = {
  /** Labels compared; with UniMSE's rule a target has several. */
  compared: number;
  /** Of so many: targets beyond 2,000 are compared in part. */
  of: number;
  /** The same emotions, or no label in both. */
  equalLabels: number;
  /** The same source sample. */
  equalSources: number;
};

/**
 * Compares the labels of an index with those of exact search.
 *
 * @param pairs The two labels of each target.
 * @param of Labels that there are, of which these are some.
 */
export function indexAgreement(
  pairs: readonly (readonly [found: UnifiedLabel, exact: UnifiedLabel])[],
  of: number = pairs.length,
): IndexAgreement {
  const count = (isEqual: (found: UnifiedLabel, exact: UnifiedLabel) => boolean) =>
    pairs.filter(([found, exact]) => isEqual(found, exact)).length;
  return {
    compared: pairs.length,
    of,
    equalLabels: count((found, exact) => setOf(found.emotions) === setOf(exact.emotions)),
    equalSources: count((found, exact) => found.match?.source.id === exact.match?.source.id),
  };
}

/** Such as `all 120 labels and 119 of 120 sources are those of exact search`. */
export function agreementLine({ compared, of, equalLabels, equalSources }: IndexAgreement): string {
  const part = (equal: number, what: string) =>
    equal === compared ? `all ${equal} ${what}` : `${equal} of ${compared} ${what}`;
  const sample = compared < of ? ` (compared: ${compared} of ${of}, evenly spread)` : '';
  return `${part(equalLabels, 'labels')} and ${part(equalSources, 'sources')} are those of exact search${sample}`;
}

const setOf = (emotions: readonly Emotion[] | undefined) => emotions?.toSorted().join();
