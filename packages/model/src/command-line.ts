// What a command line says of models. Nothing of TensorFlow.js is behind it.

/** The names of `modelVariants`. */
export const VARIANT_NAMES = [
  'mmolre',
  'msa-only',
  'mer-only',
  'pre-fusion',
  'post-fusion',
  'full-rank',
  'mmoe',
  'ple',
] as const;
export type VariantName = (typeof VARIANT_NAMES)[number];
