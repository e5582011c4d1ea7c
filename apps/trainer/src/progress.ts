import type { StartProgress } from '@mmolre/training';
import cliProgress from 'cli-progress';
import { timeLeft } from './time-left';

/** A line on standard error. */
export const log = (line: string): void => void process.stderr.write(`${line}\n`);

/** Without a terminal there is a line at most so often. */
const QUIET_SECONDS = 15;

/** A bar on standard error; without a terminal plain lines. */
export const startProgress: StartProgress = (label, total, unit, from = 0) => {
  const started = Date.now();
  const rate = (done: number) => (done - from) / Math.max(0.001, (Date.now() - started) / 1000);
  const left = (done: number, likely = total) => timeLeft(done, total, likely, rate(done));
  if (!process.stderr.isTTY) {
    let last = started;
    return {
      update(done, note, likely) {
        if (Date.now() - last < QUIET_SECONDS * 1000 && done < total) return;
        last = Date.now();
        process.stderr.write(
          `${label} ${done}/${total}, ${rate(done).toFixed(1)} ${unit}/s, ${left(done, likely)}${note && `, ${note}`}\n`,
        );
      },
      stop: () => {},
    };
  }
  const bar = new cliProgress.SingleBar(
    {
      format: `${label} {bar} {value}/{total} · {rate} ${unit}/s · {left}{note}`,
      hideCursor: true,
      stream: process.stderr,
      barsize: 24,
    },
    cliProgress.Presets.shades_classic,
  );
  bar.start(total, from, { rate: '–', left: '', note: '' });
  return {
    update: (done, note, likely) =>
      bar.update(done, { rate: rate(done).toFixed(1), left: left(done, likely), note: note && ` · ${note}` }),
    stop: () => bar.stop(),
  };
};
