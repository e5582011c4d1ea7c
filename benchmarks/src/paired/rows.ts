import { modelVariants, type VariantName } from '@mmolre/model';
import type { RunConfig } from '@mmolre/training';
import type { Model } from './claims';

/** A model that is trained in every block. */
export type TrainedRow = Model & { simple: false; variant: VariantName; set: readonly string[] };

export const FORMS = ['short', 'whole', 'sweeps'] as const;
export type Form = (typeof FORMS)[number];

/** Minutes that a form may take if nothing else is said. */
export const MINUTES: Record<Form, number> = { short: 60, whole: 150, sweeps: 150 };

const SHORT: readonly VariantName[] = ['mmolre', 'pre-fusion', 'msa-only', 'mer-only'];

/**
 * What is trained of a form, the whole model first: some of the variants; all of them, and the model with one modality alone; or, for Fig. 2 and
 * Table III in small, other numbers of experts, of active ones, and other ranks, all else as in the configuration.
 */
export function rowsOf(form: Form, { model }: RunConfig): TrainedRow[] {
  if (form === 'short') return SHORT.map((variant) => row(variant, variant));
  const [whole, ...others] = Object.keys(modelVariants) as VariantName[];
  if (form === 'whole')
    return [
      row(whole!, whole!),
      row('text-alone', whole!, ['training.ablate=audio'], 'text'),
      row('voice-alone', whole!, ['training.ablate=text'], 'audio'),
      ...others.map((variant) => row(variant, variant)),
    ];
  const { length } = model.unitse.ranks;
  const rank = model.unitse.ranks[0]!;
  const experts = (name: string, ranks: readonly number[], topK: number) =>
    row(name, whole!, [`model.unitse.ranks=[${ranks}]`, `model.unitse.topK=${topK}`]);
  const all = (name: string, ranks: readonly number[]) => experts(name, ranks, ranks.length);
  const same = (count: number, one = rank) => new Array<number>(count).fill(one);
  const mixed = same(length).map((_, i) => Math.max(1, Math.round((2 * rank * (i + 1)) / (length + 1))));
  return [
    row(whole!, whole!),
    ...[3, 7, 11, 15].map((count) => all(`experts-${count}`, same(count))),
    ...[2, 5, 11].filter((k) => k < length).map((k) => experts(`active-${k}-of-${length}`, same(length), k)),
    ...[rank / 4, rank * 4]
      .map((one) => Math.max(1, Math.round(one)))
      .map((one) => all(`rank-${one}`, same(length, one))),
    all('rank-mixed', mixed),
  ];
}

const row = (
  name: string,
  variant: VariantName,
  set: readonly string[] = [],
  reads: Model['reads'] = 'both',
): TrainedRow => ({ name, reads, simple: false, variant, set });
