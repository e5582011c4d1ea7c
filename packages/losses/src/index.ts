export { balancedCategoryWeights, balancedClassWeights } from './class-weights';
export {
  defaultThreshold,
  type EmotionLossOptions,
  emotionLogits,
  emotionLoss,
  emotionProbabilities,
} from './emotion-loss';
export { sentimentLoss } from './sentiment-loss';
export { uncertaintyWeighting } from './uncertainty-weighting';
