import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toTerminal } from '@mmolre/report';
import { type PresetName, presets } from '@mmolre/training';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type PairedOptions, paired, pairedSwapped, trainedAgain } from './paired';
import { pairedReport } from './paired-report';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Paths that a user gives count from where the user stands; pnpm changes the folder and says so in INIT_CWD. */
const userPath = (path: string) => resolve(process.env.INIT_CWD ?? process.cwd(), path);

function number(least: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!(value >= least && Number.isFinite(value)))
      throw new InvalidArgumentError(`expected a number from ${least}, found ${text}`);
    return value;
  };
}

type Given = Omit<PairedOptions, 'form' | 'folds' | 'log' | 'root' | 'trainer' | 'userPath'> & {
  preset: PresetName;
  folds: number;
  whole?: boolean;
  sweeps?: boolean;
  swap?: boolean;
  again?: string;
  json?: boolean;
};

/** `pnpm bench paired`. */
export const pairedCommand = (log: (line: string) => void): Command =>
  new Command('paired')
    .description(
      'Trains variants on the same folds over speakers with the same seeds, and says what is better than what. Goes on where it was stopped.',
    )
    .option('--whole', 'all variants, and each modality alone; else mmolre, pre-fusion, msa-only, mer-only')
    .addOption(new Option('--sweeps', 'other numbers of experts, of active ones, and ranks').conflicts('whole'))
    .option('--minutes <number>', 'plan so many blocks; default: 60, and 150 for --whole and --sweeps', number(1))
    .option('--folds <number>', 'groups of speakers, each of which tests once', number(3), 3)
    .addOption(new Option('--preset <name>', 'what to start from').choices(Object.keys(presets)).default('small'))
    .option('--data <folder>', "folder with label.csv; default: the preset's", userPath)
    .option('--text <kind[=source]>', 'the text encoder, such as minilm')
    .option('--audio <kind[=source]>', 'the audio encoder')
    .option('--config <file.yaml>', "fields that replace the preset's", userPath)
    .option(
      '--set <field=value>',
      'one field of every run; may be repeated',
      (value, all: string[]) => [...all, value],
      [],
    )
    .option('--backend <name>', 'default: the fastest that loads')
    .option('--runs <folder>', "default: runs/paired/<preset and encoders> in the repository's root", userPath)
    .option('--out <folder>', 'where the table and paired.json go', userPath, join(root, 'benchmarks/results'))
    .option('--again <run>', 'train one run again, elsewhere, and compare it to the last digit')
    .option('--swap', 'deal the labels of the test rows out anew: no claim may hold')
    .option('--json', 'print what paired.json holds')
    .action(async ({ whole, sweeps, folds, again, swap, json, ...given }: Given) => {
      const encoders = [given.text && `text-${given.text}`, given.audio && `audio-${given.audio}`];
      const name = [given.preset, ...encoders]
        .filter(Boolean)
        .join('-')
        .replaceAll(/[^\w.-]+/g, '-');
      const options: PairedOptions = {
        ...given,
        form: whole ? 'whole' : sweeps ? 'sweeps' : 'short',
        folds: { groups: folds },
        runs: given.runs ?? join(root, 'runs/paired', name),
        trainer: join(root, 'apps/trainer/dist/cli.js'),
        root,
        userPath,
        log,
      };
      if (again !== undefined) {
        const found = await trainedAgain(options, again);
        if (found !== undefined) process.exitCode = typeof found === 'number' ? found : 1;
        log(found === undefined ? `${again}: the same to the last digit` : `${found}`);
        return;
      }
      const facts = swap ? await pairedSwapped(options) : await paired(options);
      if (typeof facts === 'number') {
        process.exitCode = facts;
        return;
      }
      process.stdout.write(json ? `${JSON.stringify(facts)}\n` : toTerminal(pairedReport(facts)));
      const held = facts.claims.filter(({ holds }) => holds);
      if (swap && held.length > 0) throw new Error(`${held.length} claims hold of swapped labels: ${held[0]!.claim}`);
    });
