export { fusionCost } from './cost';
export {
  type CrossAttentionParams,
  crossAttention,
  initCrossAttention,
  type SideParams,
} from './cross-attention';
export { type FusionConfig, type FusionParams, fusion, initFusion } from './fusion';
