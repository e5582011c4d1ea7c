export { type PerformOptions, performTrial } from './perform-trial';
export { labelOf, type PlanOptions, planStudy, type StudyPlan, type Trial } from './plan';
export { performStudy, stateLine } from './pool';
export { type Curve, type Rival, shouldPrune } from './pruners';
export { readResults, resultsCsv, type TrialResult } from './results';
export { type Choice, type Setting, settingsOf } from './sampling';
export { slurmScript } from './slurm';
export { type Pruner, readStudy, type Study, type StudyMetric, type StudyOverrides } from './study-file';
export {
  giveOrder,
  hasEnded,
  type Order,
  readOrder,
  readPlan,
  readState,
  requeue,
  runFolder,
  type TrialState,
  writePlan,
} from './study-folder';
export { writeResults } from './write-results';
