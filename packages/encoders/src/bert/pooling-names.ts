/**
 * One vector for a text: `pooler` for supervised SimCSE, `first` (before the pooler) for the unsupervised one, `mean` of the real
 * tokens for MiniLM and other sentence transformers.
 */
export const POOLINGS = ['pooler', 'first', 'mean'] as const;
export type Pooling = (typeof POOLINGS)[number];
