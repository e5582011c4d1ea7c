import { EMOTIONS, type Emotion } from '@mmolre/datasets';
import type { Neighbour, SourceSample, TargetSample, UnifiedLabel } from './types';

/**
 * The label that a target's neighbours give it.
 *
 * @param neighbours Nearest first, one or more.
 * @param top So many of them vote, @param threshold if they are so similar.
 * @throws If the nearest are not all among the donors.
 */
export function labelOf(
  target: TargetSample,
  neighbours: readonly Neighbour[],
  donorOf: ReadonlyMap<string, SourceSample>,
  top: number,
  threshold: number,
): UnifiedLabel {
  const other = neighbours.find(({ id }) => !donorOf.has(id));
  if (other) {
    throw new Error(
      `unify: the index holds "${other.id}", which is not among the sources; give it a place of its own, or delete what is there`,
    );
  }
  const voters = neighbours.slice(0, top).filter(({ similarity }) => similarity >= threshold);
  const elected = vote(voters.map(({ id }) => donorOf.get(id)!.emotions));
  const { id, similarity } = voters[elected] ?? neighbours[0]!;
  const match = { source: donorOf.get(id)!, similarity, secondSimilarity: neighbours[1]?.similarity };
  return { target, emotions: elected < 0 ? undefined : match.source.emotions, match };
}

/** The place of the first of the most frequent sets; -1 if there are none. */
function vote(sets: readonly (readonly Emotion[])[]): number {
  const keys = sets.map((set) => EMOTIONS.filter((emotion) => set.includes(emotion)).join());
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return keys.findIndex((key) => counts.get(key) === most);
}
