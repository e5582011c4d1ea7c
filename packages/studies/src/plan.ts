import { resolve } from 'node:path';
import { sha256Of } from '@mmolre/files';
import { configProblems } from '@mmolre/model';
import { dataHasher, identityConfig, resolveConfig } from '@mmolre/training';
import { z } from 'zod';
import { type Setting, settingsOf } from './sampling';
import { metricSchema, optionsSchema, prunerSchema, type Study, studyNameSchema } from './study-file';

const trialSchema = z.object({
  /** `<hash of configuration and data>-seed<seed>`: the name of the run's folder, and of its job in a queue. */
  id: z.string().regex(/^[\w-]+$/),
  /** What each field is, as tables name it. */
  setting: z.record(z.string(), z.string()),
  seed: z.number(),
  /** The trainer's arguments, without where runs are kept. */
  args: z.array(z.string()),
});
/** The content of `study.json`. */
export const planSchema = z.object({
  format: z.literal(1),
  name: studyNameSchema,
  fields: z.array(z.string()),
  metric: metricSchema,
  pruner: prunerSchema,
  /** Where the user stood, from which paths among the arguments count. */
  userFolder: z.string(),
  trials: z.array(trialSchema),
});

/** One run of a study. */
export type Trial = z.infer<typeof trialSchema>;
/** What is to be run, and how it is looked at: a study without anything left to choose. */
export type StudyPlan = z.infer<typeof planSchema>;

export type PlanOptions = {
  /** Of the study, for messages. */ file: string;
  /** Where data of presets lies. */ root: string;
  userFolder: string;
  /** Checkpoints within epochs, too. */ saveEvery?: number | undefined;
  log: (line: string) => void;
};

/**
 * Resolves every trial's configuration and reads the data, so that what does not fit is said before any trial is started.
 *
 * @throws One line that names the file, and the field that is unknown or does not fit.
 */
export async function planStudy(
  study: Study,
  { file, root, userFolder, saveEvery, log }: PlanOptions,
): Promise<StudyPlan> {
  const userPath = (path: string) => resolve(userFolder, path);
  const { data, config: configFile } = study.base;
  const dataHash = dataHasher(log);
  const trials = new Map<string, Trial>();
  for (const setting of settingsOf(study)) {
    const { options, set } = argumentsOf(study, setting, file);
    const config = atFile(file, () =>
      resolveConfig({ ...options, set, file: configFile && userPath(configFile), userPath }),
    );
    const { seed: _, ...identity } = identityConfig(config);
    const folder = data === undefined ? resolve(root, config.data) : userPath(data);
    const content = { config: identity, data: await dataHash({ ...config, data: folder }) };
    const name = sha256Of([JSON.stringify(content)]).slice(0, 12);
    const given = { ...options, data, config: configFile, 'save-every': saveEvery, name };
    for (const seed of study.seeds) {
      const labels = Object.fromEntries(Object.entries(setting).map(([field, { label }]) => [field, label]));
      const trial = { id: `${name}-seed${seed}`, setting: labels, seed, args: words({ ...given, seed }, set) };
      const same = trials.get(trial.id);
      if (same) log(`${labelOf(trial)}: the same run as ${labelOf(same)}, and left out`);
      else trials.set(trial.id, trial);
    }
  }
  const { name, metric, pruner } = study;
  const fields = Object.keys(study.fields);
  return { format: 1, name, fields, metric, pruner, userFolder, trials: [...trials.values()] };
}

/** Tells of which file an error is. */
function atFile<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`);
  }
}

/** What a setting makes of the base: options of the trainer, and `--set` for everything else. */
function argumentsOf({ base }: Study, setting: Setting, file: string) {
  const own: Record<string, unknown> = Object.assign({}, ...Object.values(setting).map(({ set }) => set));
  const isOption = (name: string) => Object.hasOwn(optionsSchema.shape, name);
  const options = Object.entries({ ...base, ...own }).filter(([name]) => isOption(name));
  const parsed = optionsSchema.safeParse(Object.fromEntries(options));
  if (!parsed.success) throw new Error(`${file}: ${configProblems(parsed.error)}`);
  const fields = Object.entries({ ...base.set, ...own }).filter(([name]) => !isOption(name));
  return { options: parsed.data, set: fields.map(([name, value]) => `${name}=${JSON.stringify(value)}`) };
}

/** Options as a command line has them. */
const words = (options: Record<string, string | number | undefined>, set: readonly string[]): string[] => [
  ...Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, `${value}`])),
  ...set.flatMap((one) => ['--set', one]),
];

/** A trial in words: `model.unitse.topK 7, seed 1`. */
export const labelOf = ({ setting, seed }: Pick<Trial, 'setting' | 'seed'>): string =>
  [...Object.entries(setting).map(([field, label]) => `${field} ${label}`), `seed ${seed}`].join(', ');
