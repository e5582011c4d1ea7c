import { resolve } from 'node:path';
import { sha256Of } from '@mmolre/files';
import type { VariantName } from '@mmolre/model';
import { dataHasher, identityConfig, type PresetName, resolveConfig } from '@mmolre/training';
import { z } from 'zod';
import { type Setting, settingsOf } from './sampling';
import { metricSchema, prunerSchema, type Study, studyNameSchema } from './study-file';

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

/** Fields that are options of the trainer, and no fields of the configuration. */
const OPTIONS = ['preset', 'variant', 'text', 'audio'] as const;
type Sources = { preset: PresetName; variant?: VariantName; text?: string; audio?: string };

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
  const dataHash = dataHasher(log);
  const trials = new Map<string, Trial>();
  for (const setting of settingsOf(study)) {
    const { sources, set } = sourcesOf(study, setting);
    const { config: configFile, data } = study.base;
    let config: ReturnType<typeof resolveConfig>;
    try {
      config = resolveConfig({ ...sources, set, file: configFile && userPath(configFile), userPath });
    } catch (error) {
      throw new Error(`${file}: ${(error as Error).message}`);
    }
    const { seed: _, ...identity } = identityConfig(config);
    const folder = data === undefined ? resolve(root, config.data) : userPath(data);
    const content = { config: identity, data: await dataHash({ ...config, data: folder }) };
    const name = sha256Of([JSON.stringify(content)]).slice(0, 12);
    const given = { ...sources, data, config: configFile, 'save-every': saveEvery };
    const labels = Object.fromEntries(Object.entries(setting).map(([field, { label }]) => [field, label]));
    for (const seed of study.seeds) {
      const id = `${name}-seed${seed}`;
      if (trials.has(id)) {
        log(`${labelOf({ setting: labels, seed })}: the same run as ${labelOf(trials.get(id)!)}, and left out`);
        continue;
      }
      const options = Object.entries({ ...given, name, seed });
      const args = [
        ...options.flatMap(([option, value]) => (value === undefined ? [] : [`--${option}`, `${value}`])),
        ...set.flatMap((one) => ['--set', one]),
      ];
      trials.set(id, { id, setting: labels, seed, args });
    }
  }
  const { name, metric, pruner } = study;
  return {
    format: 1,
    name,
    fields: Object.keys(study.fields),
    metric,
    pruner,
    userFolder,
    trials: [...trials.values()],
  };
}

/** What a setting makes of the base: options of the trainer, and `--set` for everything else. */
function sourcesOf({ base }: Study, setting: Setting): { sources: Sources; set: string[] } {
  const { preset, variant, text, audio } = base;
  const own: Record<string, unknown> = Object.assign({}, ...Object.values(setting).map(({ set }) => set));
  const options = OPTIONS.flatMap((name) => (name in own ? [[name, own[name]]] : []));
  const fields = Object.entries({ ...base.set, ...own }).filter(([name]) => !OPTIONS.some((option) => option === name));
  const sources = { preset, variant, text, audio, ...Object.fromEntries(options) } as Sources;
  return { sources, set: fields.map(([name, value]) => `${name}=${JSON.stringify(value)}`) };
}

/** A trial in words: `model.unitse.topK 7, seed 1`. */
export const labelOf = ({ setting, seed }: Pick<Trial, 'setting' | 'seed'>): string =>
  [...Object.entries(setting).map(([field, label]) => `${field} ${label}`), `seed ${seed}`].join(', ');
