import { MODALITIES } from '@mmolre/model';
import { flatten } from './flatten';
import { paperMosei, paperMosi } from './presets';
import type { RunConfig } from './run-config';

/**
 * Where a run leaves the paper, one line a field: `unitse.residual: true (paper: false)`. The ranks and the number of active
 * experts are the paper's in either of its two settings. Without UniTSE its other fields say nothing, and are left out; so are those of
 * how labels are unified, where none are. Which data is trained on, and whose labels, is no departure: the paper unifies MOSI's. Nor is how
 * many samples of a batch are computed at once: it is the same batch.
 */
export function departures(config: RunConfig): string[] {
  const papers = [flatten(paperMosi()), flatten(paperMosei())];
  const own = flatten(config);
  const isNone = (path: string) =>
    ['data', 'labels', 'unify.sources', 'seed', 'training.microBatch'].includes(path) || path.startsWith('reading.');
  const isIdle = (path: string) =>
    (config.model.unitse.numBlocks === 0 && path.startsWith('model.unitse.') && path !== 'model.unitse.numBlocks') ||
    (config.labels !== 'unify' && path.startsWith('unify.'));
  /** A field of the paper's encoder that another kind has not: the kind says it already. */
  const isOfOtherEncoder = (path: string) =>
    own[path] === undefined &&
    MODALITIES.some((modality) => {
      const kind = `model.${modality}.kind`;
      return path.startsWith(`model.${modality}.`) && own[kind] !== papers[1]![kind];
    });
  /** A number in the paper, one for each modality here: those are told. */
  const isSplit = (path: string) =>
    own[path] === undefined && MODALITIES.some((modality) => own[`${path}.${modality}`] !== undefined);
  const lines: string[] = [];
  for (const path of new Set([...Object.keys(own), ...Object.keys(papers[1]!)])) {
    if (isNone(path) || isIdle(path) || isOfOtherEncoder(path) || isSplit(path)) continue;
    if (papers.some((paper) => paper[path] === own[path])) continue;
    const say = (value: string | undefined) => value ?? 'none';
    lines.push(`${path.replace(/^(model|training)\./, '')}: ${say(own[path])} (paper: ${say(papers[1]![path])})`);
  }
  return lines;
}
