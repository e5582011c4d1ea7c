import { readFileSync } from 'node:fs';
import { plainFile, shownPath } from '@mmolre/files';
import { configProblems, modelVariants, type VariantName } from '@mmolre/model';
import { type PresetName, presets, SELECTIONS } from '@mmolre/training';
import { parse } from 'yaml';
import { z } from 'zod';

const count = z.number().int().min(1).max(1_000_000);
const names = <Name extends string>(record: Record<Name, unknown>) => Object.keys(record) as [Name, ...Name[]];
/** Of the configuration, by dotted names, and what they are set to. */
const settings = z.record(z.string(), z.json());

const FIELD_FORMS = 'expected a list of values, a range (low, high, log, integer), or cases (a name each, with fields)';
const fieldSchema = z.union(
  [
    z.array(z.json()).min(1),
    z
      .strictObject({
        low: z.number(),
        high: z.number(),
        log: z.boolean().default(false).describe('evenly by its logarithm'),
        integer: z.boolean().default(false).describe('whole numbers alone'),
      })
      .refine(({ low, high }) => low < high, 'expected low below high')
      .refine(({ low, log }) => !log || low > 0, 'expected low above 0, as it has a logarithm'),
    z.strictObject({
      cases: z.record(z.string(), settings).refine((cases) => Object.keys(cases).length > 0, 'expected at least one'),
    }),
  ],
  { error: FIELD_FORMS },
);

/** How bad trials are ended early. */
export const prunerSchema = z.union(
  [
    z.literal('none'),
    z.strictObject({
      median: z.strictObject({
        startupTrials: z
          .number()
          .int()
          .min(0)
          .default(5)
          .describe('so many trials come to their end before any is pruned'),
        warmupEpochs: z.number().int().min(0).default(0).describe('no trial is pruned before this epoch'),
      }),
    }),
    z.strictObject({
      halving: z.strictObject({
        minEpochs: count.default(1).describe('the epoch of the first rung'),
        reductionFactor: z.number().int().min(2).max(1000).default(4).describe('one of so many goes on from a rung'),
      }),
    }),
  ],
  { error: 'expected none, median (startupTrials, warmupEpochs) or halving (minEpochs, reductionFactor)' },
);

/** Of a study, and of its folder. */
export const studyNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]*$/, 'expected letters, digits and . _ -, as a folder is called by it');
/** What an epoch of a trial is scored by. */
export const metricSchema = z.enum(SELECTIONS).exclude(['last']);

/** Options of the trainer that say what a model is, and are no fields of the configuration. */
export const optionsSchema = z.strictObject({
  preset: z.enum(names(presets)),
  variant: z.enum(names(modelVariants)).optional(),
  text: z.string().optional(),
  audio: z.string().optional(),
});

const studySchema = z.strictObject({
  name: studyNameSchema,
  base: optionsSchema
    .extend({
      preset: optionsSchema.shape.preset.default('small'),
      data: z.string().optional(),
      config: z.string().optional(),
      set: settings.default({}),
    })
    .prefault({}),
  sampler: z
    .union(
      [
        z.literal('grid'),
        z.strictObject({ random: z.strictObject({ trials: count, seed: z.number().int().default(1) }) }),
      ],
      {
        error: 'expected grid, or random (trials, seed)',
      },
    )
    .default('grid'),
  seeds: z.array(z.number().int()).min(1).default([1]),
  fields: z.record(z.string(), fieldSchema).default({}),
  metric: metricSchema.default('loss'),
  pruner: prunerSchema.default('none'),
});

/** What a study is, as its file has it. */
export type Study = z.infer<typeof studySchema>;
export type Field = z.infer<typeof fieldSchema>;
export type Pruner = z.infer<typeof prunerSchema>;
export type StudyMetric = Study['metric'];

/** What the command line has in place of the file's. */
export type StudyOverrides = {
  preset?: PresetName | undefined;
  variant?: VariantName | undefined;
  data?: string | undefined;
  /** `a.b=value`, over the file's `base.set`; a field that the study varies stays varied. */ set?: readonly string[];
  seeds?: readonly number[] | undefined;
};

/**
 * Reads the file of a study.
 *
 * @throws One line that names the file, and the field with what was expected there.
 */
export function readStudy(file: string, { set = [], seeds, ...base }: StudyOverrides = {}): Study {
  const shown = shownPath(file);
  let tree: unknown;
  try {
    tree = parse(readFileSync(plainFile(file), 'utf8'), { logLevel: 'error' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(
      code === 'ENOENT' ? `${shown}: no such file` : `${shown}: expected YAML: ${message.split('\n')[0]}`,
    );
  }
  const parsed = studySchema.safeParse(tree);
  if (!parsed.success) throw new Error(`${shown}: ${configProblems(parsed.error)}`);
  const study = parsed.data;
  for (const [name, field] of Object.entries(study.fields))
    if (study.sampler === 'grid' && 'low' in field)
      throw new Error(`${shown}: fields.${name}: a range is for sampler random; a grid needs a list of values`);
  const given = Object.fromEntries(Object.entries(base).filter(([, value]) => value !== undefined));
  return {
    ...study,
    base: { ...study.base, ...given, set: { ...study.base.set, ...Object.fromEntries(set.map(setting)) } },
    seeds: [...(seeds ?? study.seeds)],
  };
}

/** `a.b=value` as a field and its value, which is read as YAML. */
function setting(text: string): [string, Study['base']['set'][string]] {
  const at = text.indexOf('=');
  if (at < 1) throw new Error(`--set ${text}: expected field=value, such as training.batchSize=8`);
  return [text.slice(0, at), parse(text.slice(at + 1))];
}
