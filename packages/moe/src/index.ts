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
export { chosenExperts, type Form } from './forms';
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
  initLowRankExpert,
  type LowRankExpertConfig,
  type LowRankExpertParams,
  lowRankExpert,
} from './low-rank-expert';
export { SHARED_STREAM } from './ple';
export { type Pruned, pruneExperts } from './prune';
export { balanceLoss, initRouter, type RouterParams, router, topKGates, topKMask } from './router';
export { initSharedExperts, joinExperts, type SharedExpertsParams, splitExperts } from './shared-experts';
export {
  initTaskMoe,
  type Mixture,
  type TaskMoeConfig,
  type TaskMoeOptions,
  type TaskMoeOutput,
  type TaskMoeParams,
  type TaskParams,
  taskMoe,
} from './task-moe';
export { type EachBlock, initUniTse, type UniTseOutput, uniTse } from './uni-tse';
