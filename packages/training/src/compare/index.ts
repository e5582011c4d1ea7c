export { type Block, type Figure, figureOf, METRICS, type Metric, type Scores, type TestRow } from './block';
export { type BootstrapOptions, bootstrapP, percentiles, type Resampled, resample } from './bootstrap';
export { type CompareOptions, compareRuns } from './compare-runs';
export { holm } from './holm';
export { type PermutationOptions, permutationP } from './permutation';
export { type ScoredLine, scoredLines, scoresOf, testRow } from './read-scores';
