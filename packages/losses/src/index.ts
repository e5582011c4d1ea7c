export { balancedClassWeights } from './class-weights';
export { defaultThreshold, type EmotionLossOptions, emotionLoss, emotionProbabilities } from './emotion-loss';
export { sentimentLoss } from './sentiment-loss';
export { uncertaintyWeighting } from './uncertainty-weighting';
