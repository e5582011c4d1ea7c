// What a command line says of encoders. Nothing of TensorFlow.js is behind it.

export { POOLINGS, type Pooling } from './bert/pooling-names';
export { AUDIO_KINDS, TEXT_KINDS } from './kinds/kind-names';
export { withUserPath } from './source';
