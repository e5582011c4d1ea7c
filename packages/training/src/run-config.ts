import { MAX_LOST, type ReadOptions, SPLITS } from '@mmolre/datasets';
import { countUpTo, POOLINGS, probability } from '@mmolre/encoders';
import { DEFAULT_MODEL } from '@mmolre/label-unification';
import { balancesExperts, MODALITIES, modelConfigSchema, TASKS } from '@mmolre/model';
import { z } from 'zod';
import { SELECTIONS } from './selection';

// Limits far above what is in use, as in the encoders' fields.
const samples = countUpTo(65_536);
const epochs = countUpTo(1_000_000);
const rateOrNull = z.number().positive().nullable().default(null);
const MAX_STEPS = 1_000_000_000;

export const trainingConfigSchema = z.strictObject({
  learningRate: z.number().positive(),
  encoderLearningRate: z
    .union([z.number().positive(), z.strictObject({ text: rateOrNull, audio: rateOrNull })])
    .nullable()
    .default(null)
    .describe("that of the encoders' own parameters, or one each as text and audio; null: learningRate"),
  weightDecay: z.number().min(0),
  decayAll: z.boolean().default(true).describe('whether biases and norms, and other vectors, decay too'),
  schedule: z
    .enum(['constant', 'linear', 'cosine'])
    .describe('what the learning rate does after the warm-up: stay, or fall to 0 in a line or a half cosine'),
  warmupSteps: z
    .number()
    .int()
    .min(0)
    .max(MAX_STEPS)
    .describe('steps over which the learning rate rises to its largest'),
  maxGradNorm: z.number().positive().nullable().describe('joint norm that gradients are clipped to; null: never'),
  batchSize: samples,
  microBatch: samples
    .nullable()
    .default(null)
    .describe('samples of a batch that are computed at once, where memory is short; null: all of them'),
  precision: z
    .enum(['float32', 'bf16'])
    .default('float32')
    .describe('what large matrix products of a step read; bf16 is faster on processors that have it, and less exact'),
  maxEpochs: epochs,
  maxSteps: countUpTo(MAX_STEPS)
    .nullable()
    .default(null)
    .describe('where training ends, in the middle of an epoch too; null: nowhere before'),
  selectBy: z
    .enum(SELECTIONS)
    .default('loss')
    .describe('what makes an epoch better: a lower validation loss, or a better metric of the validation samples'),
  patience: epochs.describe('epochs without a better one before it stops'),
  lengthBuckets: z
    .boolean()
    .default(false)
    .describe('samples of similar length share a batch, which saves padding; the order is random in all else'),
  averageDecay: probability.describe('decay a step of the averaged weights that are evaluated and saved; 0: none'),
  modalityDropout: probability.describe("probability that one sample's text, or audio, is blanked in training"),
  ablate: z.enum(['none', ...MODALITIES]).describe('the modality that is blanked all along'),
  thresholds: z
    .enum(['fixed', 'validation'])
    .describe("emotion thresholds: the loss function's own, or chosen on validation"),
});

/** How unified labels are made: what `mmolre-unify` has as options. The defaults are the paper's. */
export const unifyConfigSchema = z.strictObject({
  sources: z.array(z.string()).describe('folders of data sets with emotions, or name=folder'),
  sourceSplits: z.array(z.enum(SPLITS)).nullable().describe('search only these; null: all'),
  model: z.string().describe('sentence encoder: a folder, hf:owner/name, or pip:minilm'),
  pooling: z.enum(POOLINGS).nullable().describe('null: pooler, and mean for pip:minilm'),
  rule: z.enum(['mmolre', 'unimse']).describe('whose procedure'),
  top: countUpTo(65_536).describe('so many of the nearest vote'),
  threshold: z.number().min(-1).max(1).nullable().describe('cosine below which a sample gets no label; null: none'),
});

/** How files are read: what `data` and `unify` have as options, too. */
export const readingConfigSchema = z.strictObject({
  maxLost: z
    .number()
    .min(0)
    .max(100)
    .describe('per cent of the samples that may be lost to files, rows and recordings that cannot be read'),
  encoding: z.string().nullable().describe('what texts are in where they are no UTF-8, such as windows-1252 or gbk'),
  followLinks: z.boolean().describe('follow symbolic links in the folder, also to other disks'),
});

export const plainReading: z.infer<typeof readingConfigSchema> = {
  maxLost: MAX_LOST,
  encoding: null,
  followLinks: false,
};

/** What makes the emotions of the training samples those of the data. */
export const ownLabels = {
  labels: 'own',
  labelsInEvaluation: false,
  unify: {
    sources: [],
    sourceSplits: null,
    model: DEFAULT_MODEL,
    pooling: null,
    rule: 'mmolre',
    top: 1,
    threshold: null,
  },
} satisfies { labels: string; labelsInEvaluation: boolean; unify: z.infer<typeof unifyConfigSchema> };

const speakers = z.array(z.string().min(1)).min(1);

export const runConfigSchema = z
  .strictObject({
    data: z.string().describe('folder with label.csv'),
    reading: readingConfigSchema.default(() => ({ ...plainReading })),
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
    fold: z
      .strictObject({ test: speakers, valid: speakers })
      .nullable()
      .default(null)
      .describe("the speakers that test and that validate, others train; null: the data's own splits"),
    seed: z.number().int(),
    model: modelConfigSchema,
    training: trainingConfigSchema,
  })
  .superRefine(({ labels, labelsInEvaluation, unify, fold, model, training }, { addIssue }) => {
    const refuse = (path: string[], message: string) => addIssue({ code: 'custom', path, message });
    if (labels === 'own' && labelsInEvaluation)
      refuse(['labelsInEvaluation'], 'expected false where labels are own: there are no unified ones');
    if (labels === 'unify' && unify.sources.length === 0)
      refuse(['unify', 'sources'], 'expected at least one folder of a data set with emotions, such as [MELD]');
    const both = fold?.valid.find((speaker) => fold.test.includes(speaker));
    if (both !== undefined) refuse(['fold'], `expected speakers that either test or validate, found ${both} in both`);
    const { microBatch, selectBy } = training;
    if (microBatch !== null && balancesExperts(model))
      refuse(
        ['training', 'microBatch'],
        `expected null, as how evenly a batch uses the experts cannot be computed in parts; found ${microBatch} with ` +
          `model.unitse.balanceWeight ${model.unitse.balanceWeight} (set one of them to null, or 0)`,
      );
    const lacking = TASKS.find((task) => selectBy.startsWith(`${task}.`) && !model.tasks.includes(task));
    if (lacking)
      refuse(
        ['training', 'selectBy'],
        `expected last, loss, or a metric of ${model.tasks.join(' or ')}: the model has no ${lacking}; found ${selectBy}`,
      );
  });

/** How a run's data is read, or with other options in place of its own. */
export const readOptions = ({ reading }: Pick<RunConfig, 'reading'>, instead: ReadOptions = {}): ReadOptions => ({
  maxLost: instead.maxLost ?? reading.maxLost,
  encoding: instead.encoding ?? reading.encoding ?? undefined,
  followLinks: instead.followLinks ?? reading.followLinks,
});

/** What a run's model is given. */
export const readsOf = ({ training: { ablate } }: Pick<RunConfig, 'training'>): 'text' | 'audio' | 'both' =>
  ablate === 'none' ? 'both' : ablate === 'text' ? 'audio' : 'text';

export type TrainingConfig = z.infer<typeof trainingConfigSchema>;
export type UnifyConfig = z.infer<typeof unifyConfigSchema>;
/** Everything that decides what a run is: its data, labels, seed, model and training. */
export type RunConfig = z.infer<typeof runConfigSchema>;
