import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { readSamples } from './checker/claims';
import { runCheck } from './run-check';

/** `metrics check`: every metric of predictions, and what published numbers are. `metrics page`: the same without a terminal. */
export function metricsCommand(): Command {
  const command = new Command('metrics').showHelpAfterError('(--help lists every option)');
  command
    .command('check')
    .description('Computes every metric of a table of predictions, and says what published numbers are.')
    .argument('[predictions.csv]', 'columns sentiment and sentiment_label, or prediction and label; emotions likewise')
    .option(
      '--claims <table.csv>',
      'published numbers: columns system, metric and value; samples and prevalence if known',
    )
    .option('--samples <number>', 'of how many samples claims are that do not say so', wholeNumber)
    .option('--thresholds <list>', 'one number, or happiness=0.4,fear=0.3; others are 0.5')
    .action(async (predictions: string | undefined, options) => {
      process.stdout.write(await runCheck({ predictions, ...options }));
    });
  command
    .command('page')
    .description('Prints where the page lies that does the same in a browser: one file, which sends nothing anywhere.')
    .action(() => {
      process.stdout.write(`${fileURLToPath(new URL('checker.html', import.meta.url))}\n`);
    });
  return command;
}

function wholeNumber(text: string): number {
  try {
    return readSamples(text, 'samples');
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
