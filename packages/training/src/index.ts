export type { Answer, Utterance } from './answers';
export { type Cell, type CellsOptions, cellConfig, cellPath, cellTrainer, dataHasher } from './cells';
export { loadModel, type OpenOptions, saveModel } from './checkpoint';
export { costFacts } from './cost-facts';
export { departures } from './departures';
export type { EncoderChoices } from './encoder-option';
export {
  type EvaluatedRun,
  type EvaluateOptions,
  evaluateRun,
  evaluationFacts,
  metricsJson,
} from './evaluate-run';
export { type Examples, loadExamples } from './examples';
export { type ExpertsOptions, expertsFacts } from './experts';
export type { Explanation } from './explanations';
export { type Fold, type FoldsChoice, inFold, speakerFolds } from './folds';
export { freeName } from './open-run';
export type { PresetName } from './preset-names';
export { compact, paperMosei, paperMosi, presets, quick, small, variants } from './presets';
export type { Progress, StartProgress } from './progress';
export { divide } from './ranks/divide';
export { type Report, writeReportFiles } from './report/report-files';
export { type ConfigSources, resolveConfig } from './resolve-config';
export {
  ownLabels,
  type RunConfig,
  readOptions,
  runConfigSchema,
  type TrainingConfig,
  type UnifyConfig,
} from './run-config';
export { type Baselines, readBaselines, readThresholds } from './run-facts';
export { RUN_FILES, runLock } from './run-layout';
export { type BackendFacts, codeFacts, type Session } from './run-record';
export { type RunResult, readResult } from './run-result';
export { runTraining, type SeedResult, type TrainingOptions } from './run-training';
export { saveRunAdapters } from './save-adapters';
export { SELECTIONS, type SelectBy, selectionScore } from './selection';
export { runSimcse, type SimcseReport, type SimcseRunOptions } from './simcse-run';
export { stepsLeft, type TrainingStand } from './steps-left';
export {
  type SavedTraining,
  type TrainCheckpoint,
  type TrainEvent,
  type TrainOptions,
  type TrainResult,
  train,
} from './train';
export { identityConfig } from './train-run';
export { loadTrainedRun, type TrainedRun } from './trained-run';
export { undefinedAsNull } from './undefined-as-null';
export { runVariants, type VariantsOptions } from './variants';
export { verifyRun } from './verify-run';
export { type GateFacts, type GatesEvent, gatesOf, type Histogram, type TaskGates } from './watch/gates';
export { tensorBoard } from './watch/tensorboard';
export { type TrackioOptions, trackio } from './watch/trackio';
export { type StartEvent, type WatchedEvent, type Watcher, watchAll } from './watch/watcher';
