import cliProgress from 'cli-progress';

/** A bar on standard error; without a terminal a plain line at most every `quietSeconds` seconds. */
export type Progress = { update(done: number, note: string): void; stop(): void };

export function createProgress(label: string, total: number, unit: string, quietSeconds = 15): Progress {
  const started = Date.now();
  const rate = (done: number) => done / Math.max(0.001, (Date.now() - started) / 1000);
  const left = (done: number) => `${Math.round((total - done) / rate(done))} s left`;
  if (!process.stderr.isTTY) {
    let last = started;
    return {
      update(done, note) {
        if (Date.now() - last < quietSeconds * 1000 && done < total) return;
        last = Date.now();
        process.stderr.write(
          `${label} ${done}/${total}, ${rate(done).toFixed(1)} ${unit}/s, ${left(done)}${note && `, ${note}`}\n`,
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
  bar.start(total, 0, { rate: '–', left: '', note: '' });
  return {
    update: (done, note) =>
      bar.update(done, { rate: rate(done).toFixed(1), left: left(done), note: note && ` · ${note}` }),
    stop: () => bar.stop(),
  };
}
