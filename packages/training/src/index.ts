export { loadModel, loadRun, saveModel } from './checkpoint';
export { resolveConfig } from './config';
export { AUDIO_KINDS, type EncoderChoices, TEXT_KINDS } from './encoder-option';
export { expertsReport, expertsTable } from './experts';
export { runTraining } from './run-training';
export { runVariants } from './variants';
