import { readFileSync } from 'node:fs';
import { cacheFolder } from '@mmolre/files';
import { Command } from 'commander';
import { BackendError, explain } from './errors';
import { gpuStatus } from './gpu-status';
import { installNative, uninstallNative } from './native-install';
import { installedVariant, nativePaths, nativeStatus } from './native-state';
import { currentPlatform, nativeRow } from './platforms';

const say = (line: string) => process.stdout.write(`${line}\n`);
const progress = (line: string) => process.stderr.write(`${line}\n`);
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('mmolre-backend')
  .description('Installs the native TensorFlow.js backend, says whether it is there, or removes it.')
  .version(version);

program
  .command('install')
  .description('install it, or do what an earlier attempt left undone')
  .option('--force', 'do every step again')
  .option('--gpu', 'the GPU build of TensorFlow, with CUDA (linux-x64); the CPU one where there is no card')
  .option('--without-card', 'with --gpu: the GPU build whatever card there is, as to prepare an image')
  .action(async ({ force, gpu, withoutCard }: { force?: boolean; gpu?: boolean; withoutCard?: boolean }) => {
    const start = Date.now();
    if (withoutCard && !gpu) throw new BackendError('--without-card: expected --gpu beside it');
    const did = await installNative({ log: progress, force, variant: gpu ? 'gpu' : undefined, withoutCard });
    const seconds = Math.round((Date.now() - start) / 1000);
    say(did ? `native backend installed in ${seconds} s` : 'native backend already installed');
  });

program
  .command('status')
  .description('say whether it is installed and whole; exit code 1 if not')
  .action(() => {
    const status = nativeStatus();
    if (!status.ok) throw new Error(status.reason);
    const row = nativeRow(installedVariant());
    say(
      `native backend installed: ${row.project} ${row.version}, ${currentPlatform()}, ${nativePaths(row).tensorflow}`,
    );
    for (const line of row.variant === 'gpu' ? gpuStatus(row) : []) say(line);
  });

program
  .command('uninstall')
  .description(`remove it from this project, and the cached copies in ${cacheFolder()}`)
  .action(async () => {
    const { removed } = await uninstallNative();
    say(removed.length > 0 ? 'native backend removed' : 'native backend was not installed');
  });

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`mmolre-backend: ${explain(error)}\n`);
  process.exitCode = 1;
}
