/** What a configuration calls each of `text-kinds.ts`. */
export const TEXT_KINDS = ['bert', 'compact', 'minilm', 'roberta'] as const;
/** The same of `audio-kinds.ts`. */
export const AUDIO_KINDS = ['compact', 'data2vec-audio'] as const;
