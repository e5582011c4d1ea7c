export {
  initLowRankExpert,
  type LowRankExpertConfig,
  type LowRankExpertParams,
  lowRankExpert,
} from './low-rank-expert';
export { balanceLoss, initRouter, type RouterParams, router, topKGates, topKMask } from './router';
export { initSharedExperts, joinExperts, type SharedExpertsParams, splitExperts } from './shared-experts';
export {
  initTaskMoe,
  type TaskMoeConfig,
  type TaskMoeOptions,
  type TaskMoeOutput,
  type TaskMoeParams,
  type TaskParams,
  taskMoe,
} from './task-moe';
export { initUniTse, type UniTseOutput, uniTse } from './uni-tse';
