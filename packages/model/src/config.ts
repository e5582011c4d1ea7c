import { z } from 'zod';

const probability = z.number().min(0).max(1);
const count = z.number().int().positive();
const activation = z.enum(['identity', 'relu', 'gelu']);

const compactText = z.strictObject({
  kind: z.literal('compact'),
  numLayers: count,
  numHeads: count,
  width: count,
  dropout: probability,
  maxTokens: count,
  trainTable: z.boolean().describe('whether the subword vectors are trained too'),
});

const compactAudio = z.strictObject({
  kind: z.literal('compact'),
  mel: z.strictObject({ numBands: count, lowest: z.number().min(0), highest: z.number().max(8000) }),
  convs: z.array(z.strictObject({ kernel: count, stride: count })).min(1),
  numLayers: count,
  numHeads: count,
  width: count,
  dropout: probability,
  augment: z.strictObject({
    frequencyWarp: z.number().min(0).max(0.5),
    timeMask: probability,
    frequencyMask: z.number().int().min(0),
    numMasks: z.number().int().min(0),
  }),
  maxSeconds: z.number().positive().max(60),
});

const roberta = z.strictObject({ kind: z.literal('roberta'), model: z.string(), maxTokens: count });
const data2vec = z.strictObject({
  kind: z.literal('data2vec-audio'),
  model: z.string(),
  maxSeconds: z.number().positive(),
  freezeConvolutions: z.boolean(),
});

/** Everything that decides what the model computes. MODEL.md's choices and the paper's sections stand at the fields. */
export const modelConfigSchema = z.strictObject({
  dModel: count.describe('width of everything between the encoders and the heads'),
  text: z.discriminatedUnion('kind', [compactText, roberta]),
  audio: z.discriminatedUnion('kind', [compactAudio, data2vec]),
  unitse: z.strictObject({
    numBlocks: count,
    ranks: z.array(count).min(1).describe('rank of each shared expert'),
    taskRank: count,
    topK: count,
    expertActivation: activation,
    routerActivation: activation,
    renormaliseGates: z.boolean(),
    residual: z.boolean(),
    norm: z.boolean(),
    balanceWeight: z.number().min(0).describe('weight of the load-balancing loss'),
  }),
  fusion: z.strictObject({ numLayers: count, numHeads: count, width: count, dropout: probability }),
  heads: z.strictObject({ hidden: count, dropout: probability }),
  auxiliaryWeight: z.number().min(0).describe("weight of each modality's own heads in the loss; 0: none"),
  emotionLoss: z.enum(['bce', 'softmax-ce']),
});

export const trainingConfigSchema = z.strictObject({
  learningRate: z.number().positive(),
  weightDecay: z.number().min(0),
  schedule: z.enum(['constant', 'cosine']),
  warmupSteps: z.number().int().min(0),
  maxGradNorm: z.number().positive().nullable().describe('joint norm that gradients are clipped to; null: never'),
  batchSize: count,
  maxEpochs: count,
  patience: count.describe('epochs without a better validation score before it stops'),
  averageDecay: probability.describe('decay a step of the averaged weights that are evaluated and saved; 0: none'),
  modalityDropout: probability.describe("probability that one sample's text, or audio, is blanked in training"),
  ablate: z.enum(['none', 'text', 'audio']).describe('the modality that is blanked all along'),
  thresholds: z
    .enum(['fixed', 'validation'])
    .describe("emotion thresholds: the loss function's own, or chosen on validation"),
});

export const runConfigSchema = z.strictObject({
  data: z.string().describe('folder with label.csv'),
  seed: z.number().int(),
  model: modelConfigSchema,
  training: trainingConfigSchema,
});

export type ModelConfig = z.infer<typeof modelConfigSchema>;
export type TrainingConfig = z.infer<typeof trainingConfigSchema>;
export type RunConfig = z.infer<typeof runConfigSchema>;

/** One line a problem of a configuration: which field, what was expected, and unknown keys by name. */
export function configProblems(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'configuration'}: ${issue.message}`).join('; ');
}
