import { POOLINGS } from '@mmolre/encoders';
import { z } from 'zod';
import { audioConfigSchema, textConfigSchema } from './encoder-config';

const probability = z.number().min(0).max(1);
const count = z.number().int().positive();
const activation = z.enum(['identity', 'relu', 'gelu']);

export const TASKS = ['sentiment', 'emotion'] as const;
export type Task = (typeof TASKS)[number];
/** The six emotions, in the order of every array: happiness, sadness, anger, surprise, disgust, fear. */
export const NUM_EMOTIONS = 6;

const prunedBlocks = z.array(z.array(z.number().int().min(0)));

/** Everything that decides what the model computes. MODEL.md's choices and the paper's sections stand at the fields. */
export const modelConfigSchema = z.strictObject({
  dModel: count.describe('width of everything between the encoders and the heads'),
  tasks: z
    .array(z.enum(TASKS))
    .refine(
      (tasks) => tasks.length > 0 && tasks.join() === TASKS.filter((task) => tasks.includes(task)).join(),
      `expected ${TASKS.join(', ')}, or both in this order`,
    )
    .default([...TASKS])
    .describe('what the model predicts'),
  text: textConfigSchema,
  audio: audioConfigSchema,
  unitse: z.strictObject({
    numBlocks: z.number().int().min(0).describe('0: no UniTSE, every task reads the encoders'),
    mixture: z
      .enum(['mmolre', 'mmoe', 'ple'])
      .default('mmolre')
      .describe('how a task gets its features from the experts'),
    ranks: z.array(count).min(1).describe('rank of each shared expert'),
    pruned: z
      .strictObject({ text: prunedBlocks, audio: prunedBlocks })
      .optional()
      .describe('numbers of the shared experts, from 0, whose weights were taken away: a list a block'),
    taskRank: count,
    topK: count,
    expertActivation: activation,
    routerActivation: activation,
    renormaliseGates: z.boolean(),
    gateNoise: z.number().min(0).default(0).describe("deviation of the noise on the routers' logits in training"),
    upKernel: z.literal([1, 3]).default(1).describe("kernel of the experts' second convolution"),
    residual: z.boolean(),
    norm: z.boolean(),
    balanceWeight: z.number().min(0).describe('weight of the load-balancing loss'),
  }),
  fusion: z.strictObject({
    numLayers: count,
    numHeads: count,
    width: count,
    dropout: probability,
    perTask: z.boolean().default(true).describe('one fusion a task; false, without UniTSE only: one for all tasks'),
    shareDirections: z.boolean().default(false).describe('one set of weights a layer for both modalities'),
  }),
  heads: z.strictObject({ hidden: count, dropout: probability }),
  auxiliaryWeight: z.number().min(0).describe("weight of each modality's own heads in the loss; 0: none"),
  emotionLoss: z.enum(['bce', 'softmax-ce']),
  emotionClassWeights: z
    .union([z.enum(['none', 'balanced']), z.array(z.number().min(0)).length(NUM_EMOTIONS)], {
      error: `expected none, balanced, or ${NUM_EMOTIONS} numbers of 0 or more`,
    })
    .default('none')
    .describe('what the loss of a present emotion is multiplied by; balanced: absent over present training samples'),
  emotionFocal: z.number().min(0).default(0).describe("gamma of the emotions' focal loss; 0: not focal"),
  taskWeighting: z
    .enum(['equal', 'uncertainty'])
    .default('equal')
    .describe("the tasks' losses summed, or each weighted by its variance, which is trained"),
});

export const trainingConfigSchema = z.strictObject({
  learningRate: z.number().positive(),
  weightDecay: z.number().min(0),
  schedule: z.enum(['constant', 'cosine']),
  warmupSteps: z.number().int().min(0),
  maxGradNorm: z.number().positive().nullable().describe('joint norm that gradients are clipped to; null: never'),
  batchSize: count,
  maxEpochs: count,
  maxSteps: count
    .nullable()
    .default(null)
    .describe('where training ends, in the middle of an epoch too; null: nowhere before'),
  patience: count.describe('epochs without a better validation score before it stops'),
  lengthBuckets: z
    .boolean()
    .default(false)
    .describe('samples of similar length share a batch, which saves padding; the order is random in all else'),
  averageDecay: probability.describe('decay a step of the averaged weights that are evaluated and saved; 0: none'),
  modalityDropout: probability.describe("probability that one sample's text, or audio, is blanked in training"),
  ablate: z.enum(['none', 'text', 'audio']).describe('the modality that is blanked all along'),
  thresholds: z
    .enum(['fixed', 'validation'])
    .describe("emotion thresholds: the loss function's own, or chosen on validation"),
});

/** How unified labels are made: what `mmolre-unify` has as options. The defaults are the paper's. */
export const unifyConfigSchema = z.strictObject({
  sources: z.array(z.string()).describe('folders of data sets with emotions, or name=folder'),
  sourceSplits: z
    .array(z.enum(['train', 'valid', 'test']))
    .nullable()
    .describe('search only these; null: all'),
  model: z.string().describe('sentence encoder: a folder, hf:owner/name, or minilm'),
  pooling: z.enum(POOLINGS).nullable().describe('null: pooler, and mean for minilm'),
  rule: z.enum(['mmolre', 'unimse']).describe('whose procedure'),
  top: count.describe('so many of the nearest vote'),
  threshold: z.number().min(-1).max(1).nullable().describe('cosine below which a sample gets no label; null: none'),
});

/** What makes the emotions of the training samples those of the data. */
export const ownLabels = {
  labels: 'own',
  labelsInEvaluation: false,
  unify: {
    sources: [],
    sourceSplits: null,
    model: 'hf:princeton-nlp/sup-simcse-bert-base-uncased',
    pooling: null,
    rule: 'mmolre',
    top: 1,
    threshold: null,
  },
} satisfies { labels: string; labelsInEvaluation: boolean; unify: z.infer<typeof unifyConfigSchema> };

export const runConfigSchema = z
  .strictObject({
    data: z.string().describe('folder with label.csv'),
    labels: z
      .string()
      .min(1)
      .default(ownLabels.labels)
      .describe(
        "where the training samples' emotions are from: own (the data), unify, or a file that mmolre-unify made",
      ),
    labelsInEvaluation: z
      .boolean()
      .default(ownLabels.labelsInEvaluation)
      .describe('give unified labels, which follow from the gold polarity, to validation and test samples too'),
    unify: unifyConfigSchema.default(() => structuredClone(ownLabels.unify)),
    seed: z.number().int(),
    model: modelConfigSchema,
    training: trainingConfigSchema,
  })
  .superRefine(({ labels, labelsInEvaluation, unify }, { addIssue }) => {
    const refuse = (path: string[], message: string) => addIssue({ code: 'custom', path, message });
    if (labels === 'own' && labelsInEvaluation)
      refuse(['labelsInEvaluation'], 'expected false where labels are own: there are no unified ones');
    if (labels === 'unify' && unify.sources.length === 0)
      refuse(['unify', 'sources'], 'expected at least one folder of a data set with emotions, such as [MELD]');
  });

export type ModelConfig = z.infer<typeof modelConfigSchema>;
export type TrainingConfig = z.infer<typeof trainingConfigSchema>;
export type UnifyConfig = z.infer<typeof unifyConfigSchema>;
export type RunConfig = z.infer<typeof runConfigSchema>;

/** One line a problem of a configuration: which field, what was expected, and unknown keys by name. */
export function configProblems(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'configuration'}: ${issue.message}`).join('; ');
}
