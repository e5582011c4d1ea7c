import { NUM_EMOTIONS } from '@mmolre/datasets/sample';
import { audioConfigSchema, countUpTo, probability, textConfigSchema } from '@mmolre/encoders';
import { emotionLogits } from '@mmolre/losses';
import { z } from 'zod';

// Limits far above what is in use, as in the encoders' fields.
const MAX_EXPERTS = 1024;
const MAX_BLOCKS = 256;
const rank = countUpTo(8192);
const hidden = countUpTo(65_536);
const activation = z.enum(['identity', 'relu', 'gelu']);

export const TASKS = ['sentiment', 'emotion'] as const;
export type Task = (typeof TASKS)[number];

const prunedBlocks = z.array(z.array(z.number().int().min(0).max(MAX_EXPERTS)).max(MAX_EXPERTS)).max(MAX_BLOCKS);

export const MODALITIES = ['text', 'audio'] as const;
export type Modality = (typeof MODALITIES)[number];

/** Everything that decides what the model computes. What the paper leaves open, and our choice, is in docs/paper.md. */
export const modelConfigSchema = z.strictObject({
  dModel: countUpTo(8192).describe('width of everything between the encoders and the heads'),
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
    numBlocks: z.number().int().min(0).max(MAX_BLOCKS).describe('0: no UniTSE, every task reads the encoders'),
    mixture: z
      .enum(['mmolre', 'mmoe', 'ple'])
      .default('mmolre')
      .describe('how a task gets its features from the experts'),
    ranks: z.array(rank).min(1).max(MAX_EXPERTS).describe('rank of each shared expert'),
    pruned: z
      .strictObject({ text: prunedBlocks, audio: prunedBlocks })
      .optional()
      .describe('numbers of the shared experts, from 0, whose weights were taken away: a list a block'),
    taskRank: rank,
    topK: countUpTo(MAX_EXPERTS),
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
    numLayers: countUpTo(256),
    numHeads: countUpTo(1024),
    width: hidden,
    dropout: probability,
    perTask: z.boolean().default(true).describe('one fusion a task; false, without UniTSE only: one for all tasks'),
    shareDirections: z.boolean().default(false).describe('one set of weights a layer for both modalities'),
  }),
  heads: z.strictObject({ hidden, dropout: probability }),
  auxiliaryWeight: z.number().min(0).describe("weight of each modality's own heads in the loss; 0: none"),
  auxiliaryPooling: z
    .enum(['predecessor', 'statistics'])
    .default('predecessor')
    .describe("what these heads read: text's first position and the mean of audio, or each one's mean and deviation"),
  auxiliaryAdded: z
    .boolean()
    .default(false)
    .describe("the fused heads correct what each modality's own heads say, instead of saying all"),
  emotionLoss: z
    .enum(['bce', 'softmax-ce', 'category-ce'])
    .describe('of each emotion by itself, of equation 6 as printed, or of one category a sample, none among them'),
  emotionSmoothing: z.number().min(0).max(1).default(0).describe('so much of every emotion label is spread evenly'),
  emotionClassWeights: z
    .union(
      [
        z.enum(['none', 'balanced']),
        z
          .array(z.number().min(0))
          .min(NUM_EMOTIONS)
          .max(NUM_EMOTIONS + 1),
      ],
      {
        error: `expected none, balanced, or ${NUM_EMOTIONS} numbers of 0 or more (category-ce: one more, for none)`,
      },
    )
    .default('none')
    .describe('what the loss of a present emotion is multiplied by; balanced: so that all count equally in training'),
  emotionFocal: z.number().min(0).default(0).describe("gamma of the emotions' focal loss; 0: not focal"),
  taskWeighting: z
    .enum(['equal', 'uncertainty'])
    .default('equal')
    .describe("the tasks' losses summed, or each weighted by its variance, which is trained"),
});

export type ModelConfig = z.infer<typeof modelConfigSchema>;

/** @throws One line, if parts of the configuration do not fit each other. */
export function checkFit({
  dModel,
  text,
  audio,
  unitse,
  fusion,
  auxiliaryWeight,
  auxiliaryAdded,
  emotionLoss,
  emotionClassWeights: weights,
}: ModelConfig): void {
  const { topK, ranks, numBlocks } = unitse;
  if (topK > ranks.length)
    throw new Error(`model.unitse.topK: expected at most ${ranks.length} (the number of ranks), found ${topK}`);
  if (!fusion.perTask && numBlocks > 0)
    throw new Error(
      'model.fusion.perTask: expected true, as UniTSE gives each task features of its own, which one fusion for all tasks cannot ' +
        `read; found false with model.unitse.numBlocks ${numBlocks} (set that to 0, or take --variant post-fusion)`,
    );
  if (auxiliaryAdded && auxiliaryWeight === 0)
    throw new Error(
      'model.auxiliaryAdded: expected false with model.auxiliaryWeight 0, as there are no heads on each modality alone then; found true',
    );
  const logits = emotionLogits(emotionLoss, NUM_EMOTIONS);
  if (Array.isArray(weights) && weights.length !== logits)
    throw new Error(
      `model.emotionClassWeights: expected ${logits} numbers with emotionLoss ${emotionLoss}, found ${weights.length}`,
    );
  const parts = { text, audio, fusion };
  for (const [name, part] of Object.entries(parts)) {
    if ('numHeads' in part && dModel % part.numHeads !== 0) {
      throw new Error(`model.${name}.numHeads: expected a divisor of ${dModel}, found ${part.numHeads}`);
    }
  }
}

const MAX_PROBLEMS = 10;

/** The problems of a configuration on one line: which field, what was expected, and unknown keys by name. Of many the first ten. */
export function configProblems({ issues }: z.ZodError): string {
  // What a file calls its fields may hold anything.
  const onOneLine = (text: string) => {
    const line = text.replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ');
    return line.length > 300 ? `${line.slice(0, 300)}…` : line;
  };
  const shown = issues
    .slice(0, MAX_PROBLEMS)
    .map(({ path, message }) => `${onOneLine(path.join('.')) || 'configuration'}: ${onOneLine(message)}`);
  return [...shown, ...(issues.length > shown.length ? [`and ${issues.length - shown.length} more`] : [])].join('; ');
}
