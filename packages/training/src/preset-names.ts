/** The names of `presets`. */
export const PRESET_NAMES = [
  'small',
  'compact',
  'quick',
  'mosi-lora',
  'mosi-frozen',
  'paper-mosi',
  'paper-mosei',
] as const;
export type PresetName = (typeof PRESET_NAMES)[number];
