import { NUM_EMOTIONS } from '@mmolre/datasets/sample';
import { FUNCTIONALS } from '@mmolre/encoders';
import { readJson, writeFileSafely } from '@mmolre/files';
import { configProblems, TASKS } from '@mmolre/model';
import { z } from 'zod';
import { SENTENCE_WIDTH } from './sentences';
import { MOST_TERMS } from './tf-idf';

export const BLOCKS = ['TF-IDF', 'MiniLM', 'functionals'] as const;
/** What a model reads. */
export type Block = (typeof BLOCKS)[number];

const numbers = z.array(z.number());
const positive = z.array(z.number().positive());

const modelsSchema = z
  .strictObject({
    format: z.literal(1),
    tasks: z.array(z.enum(TASKS)).max(TASKS.length),
    /** Of the training labels. */ median: z.number(),
    /** Where recordings are cut. */ maxSeconds: z.number().positive(),
    /** Whether a sample has one emotion at most. */ exclusive: z.boolean(),
    tfIdf: z.strictObject({ terms: z.array(z.string()).max(MOST_TERMS), weights: positive }),
    functionals: z.strictObject({ means: numbers.length(FUNCTIONALS), deviations: positive.length(FUNCTIONALS) }),
    models: z
      .array(
        z.strictObject({
          blocks: z.array(z.enum(BLOCKS)).min(1).max(BLOCKS.length),
          sentiment: numbers.nullable(),
          emotions: z
            .array(numbers)
            .length(NUM_EMOTIONS + 1)
            .nullable(),
        }),
      )
      .max(2 * BLOCKS.length),
  })
  .superRefine((found, { addIssue }) => {
    const { terms, weights } = found.tfIdf;
    const check = (path: (string | number)[], expected: number, { length }: readonly number[]) => {
      if (length === expected) return;
      addIssue({ code: 'custom', path, message: `expected ${expected} numbers, found ${length}` });
    };
    check(['tfIdf', 'weights'], terms.length, weights);
    found.models.forEach(({ blocks, sentiment, emotions }, i) => {
      const width = blocks.reduce((sum, block) => sum + widthOf(block, found), 0) + 1;
      if (sentiment) check(['models', i, 'sentiment'], width, sentiment);
      for (const [c, column] of (emotions ?? []).entries()) check(['models', i, 'emotions', c], width, column);
    });
  });

/** What simple models have learnt: plain numbers, and terms. */
export type SimpleModels = z.infer<typeof modelsSchema>;
/** One of them: what it reads, and its weights, the last of which is added; for emotions, one row each and one for none of them. */
export type SimpleModel = SimpleModels['models'][number];

/** How many numbers a block has. */
export const widthOf = (block: Block, { tfIdf }: Pick<SimpleModels, 'tfIdf'>): number =>
  ({ 'TF-IDF': tfIdf.terms.length, MiniLM: SENTENCE_WIDTH, functionals: FUNCTIONALS })[block];

/** @throws One line, if the disk cannot be written. */
export const writeSimpleModels = (path: string, models: SimpleModels): Promise<void> =>
  writeFileSafely(path, `${JSON.stringify(models)}\n`);

/**
 * Reads what `writeSimpleModels` wrote, wherever the file came from.
 *
 * @throws One line: the file, the field, what was expected and what was found.
 */
export async function readSimpleModels(path: string): Promise<SimpleModels> {
  const parsed = modelsSchema.safeParse(await readJson(path, 'the simple models of a trained run'));
  if (!parsed.success) throw new Error(`${path}: ${configProblems(parsed.error)}`);
  return parsed.data;
}
