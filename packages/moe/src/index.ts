export { balanceLoss, expertLoad, lossFreeStep, zLoss } from './balance';
export {
  type BlockCostOptions,
  type ComponentCost,
  type Cost,
  fullRank,
  standardMoeRatios,
  taskMoeCost,
  totalCost,
  uniTseCost,
} from './cost';
export { TASK_MOE_DEFAULTS } from './defaults';
export type { Form } from './forms';
export { chosenExperts } from './forms-by-products';
export type { GateTensor } from './gates';
export {
  addUsage,
  entropy,
  type Gates,
  readGates,
  summariseUsage,
  type TaskUsage,
  type Usage,
  type UsageSummary,
} from './inspect';
export {
  type FrozenLinearParams,
  initLoraExperts,
  type LoraExpertParams,
  type LoraMixtureParams,
  type LoraScaling,
  loraMixture,
} from './lora-mixture';
export {
  initLowRankExpert,
  type LowRankExpertConfig,
  type LowRankExpertParams,
  lowRankExpert,
} from './low-rank-expert';
export {
  type FrozenFeedForwardParams,
  initMixLora,
  type MixLoraOptions,
  type MixLoraOutput,
  type MixLoraParams,
  mixLora,
} from './mix-lora';
export { fromPeft, toPeft } from './peft-names';
export { SHARED_STREAM } from './ple';
export { type Pruned, pruneExperts } from './prune';
export { initRouter, type RouterParams, type Routing, router, routerLogits } from './router';
export { initSharedExperts, joinExperts, type SharedExpertsParams, splitExperts } from './shared-experts';
export { initTaskMoe, taskMoe } from './task-moe';
export { topKGates, topKMask } from './top-k';
export type {
  Mixture,
  TaskMoeConfig,
  TaskMoeOptions,
  TaskMoeOutput,
  TaskMoeParams,
  TaskParams,
} from './types';
export { type EachBlock, initUniTse, type UniTseOutput, uniTse } from './uni-tse';
