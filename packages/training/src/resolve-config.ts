import { existsSync, readFileSync } from 'node:fs';
import { plainFile, shownPath } from '@mmolre/files';
import { checkFit, configProblems, type VariantName } from '@mmolre/model';
import { parse } from 'yaml';
import { type EncoderChoices, withEncoders, withUserPaths } from './encoder-option';
import type { PresetName } from './preset-names';
import { presets, variants } from './presets';
import { type RunConfig, runConfigSchema } from './run-config';
import { withLabelPaths } from './unified-labels';

export type ConfigSources = EncoderChoices & {
  preset: PresetName;
  /** What becomes of the preset: the paper's comparisons, and other experts. */ variant?: VariantName | undefined;
  /** A YAML file with any fields of the configuration. */ file?: string | undefined;
  /** `a.b=value` from the command line; they win. */ set: readonly string[];
  /** What a path that the user gave means: as it stands. */ userPath?: ((path: string) => string) | undefined;
};

/** Shorthands of `--set`: the options that people change most. */
const SHORT: Record<string, string> = { ablate: 'training.ablate', epochs: 'training.maxEpochs' };

type Tree = { [key: string]: unknown };
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The preset, or its variant, with the chosen encoders, the file's fields over it, and the settings over those.
 *
 * @throws One line that names the field and what was expected; unknown keys by name.
 */
export function resolveConfig({
  preset,
  variant = 'mmolre',
  file,
  set,
  userPath,
  ...encoders
}: ConfigSources): RunConfig {
  let config: unknown = withEncoders(variants[variant](presets[preset]()), encoders);
  if (file) config = merge(config, readYaml(file), file);
  for (const setting of set) config = merge(config, parseSetting(setting), `--set ${setting}`);
  const parsed = runConfigSchema.safeParse(config);
  if (!parsed.success) throw new Error(configProblems(parsed.error));
  checkFit(parsed.data.model);
  return userPath ? withLabelPaths(withUserPaths(parsed.data, userPath), userPath) : parsed.data;
}

function readYaml(file: string): Tree {
  if (!existsSync(file)) throw new Error(`--config ${file}: no such file`);
  plainFile(file, `--config ${file}`);
  let tree: unknown;
  try {
    tree = parse(readFileSync(file, 'utf8'), { logLevel: 'error' });
  } catch (error) {
    throw new Error(`--config ${file}: expected YAML: ${(error as Error).message.split('\n')[0]}`);
  }
  if (!isTree(tree))
    throw new Error(
      `--config ${file}: expected fields such as 'training:', found ${shownPath(JSON.stringify(tree).slice(0, 80))}`,
    );
  return tree;
}

/** `training.batchSize=8` as a tree of one leaf; the value is read as YAML. */
function parseSetting(setting: string): Tree {
  const at = setting.indexOf('=');
  if (at < 1) throw new Error(`--set ${setting}: expected field=value, such as training.batchSize=8`);
  const name = setting.slice(0, at);
  const path = (SHORT[name] ?? name).split('.');
  let tree: unknown = parse(setting.slice(at + 1));
  for (const key of path.reverse()) tree = Object.defineProperty({}, key, { value: tree, enumerable: true });
  return tree as Tree;
}

/** `over` on top of `base`. A field that `base` has not is refused by name. */
function merge(base: unknown, over: unknown, source: string, path = ''): unknown {
  if (!isTree(base) || !isTree(over)) return over;
  const merged: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const at = path ? `${path}.${key}` : key;
    if (!Object.hasOwn(base, key)) {
      throw new Error(`${source}: unknown field '${shownPath(at)}'; expected one of ${Object.keys(base).join(', ')}`);
    }
    merged[key] = merge(base[key], value, source, at);
  }
  return merged;
}
