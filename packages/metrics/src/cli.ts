import { onClosedOutput } from '@mmolre/files';
import { metricsCommand } from './command';

onClosedOutput((exitCode) => process.exit(exitCode));

try {
  await metricsCommand().parseAsync();
} catch (error) {
  process.stderr.write(`metrics: ${(error as Error).message.split('\n')[0]}\n`);
  process.exitCode = 1;
}
