import { basename } from 'node:path';
import type { Corpus } from '../read-corpus';
import type { CorpusName } from './published';

/** Which known corpus a data set is, by its layout, its folder's name, or its size; undefined if it is somebody's own. */
export function identifyCorpus({ layout, folder, samples }: Corpus): CorpusName | undefined {
  if (layout === 'meld' || layout === 'iemocap' || layout === 'emodb' || layout === 'goemotions' || layout === 'vader')
    return layout;
  const name = folder.root.split('/').slice(-3).join('/').toLowerCase();
  if (/mosei/.test(name)) return 'mosei';
  if (/mosi/.test(name)) return 'mosi';
  if (basename(folder.root) === 'review-speech') return 'review-speech';
  if ([...folder.files].some((file) => /(^|\/)cmu_mosei_labels\.csd$/i.test(file))) return 'mosei';
  if (samples.length === 2_199) return 'mosi';
  // From MMML's 22,850 to the standard folds' 22,860.
  return samples.length >= 22_850 && samples.length <= 22_860 ? 'mosei' : undefined;
}
