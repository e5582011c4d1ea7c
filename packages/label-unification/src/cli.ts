import { unifyCommand } from './command';

try {
  await unifyCommand('mmolre-unify').parseAsync();
} catch (error) {
  process.stderr.write(`mmolre-unify: ${(error as Error).message.split('\n')[0]}\n`);
  process.exitCode = 1;
}
