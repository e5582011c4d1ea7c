import { existsSync } from 'node:fs';

// Nothing else is imported before the error is one line: also where so few files may be open that the program cannot be loaded.
try {
  const { program } = await import('./program');
  await program.parseAsync();
} catch (error) {
  const line = (error as Error).message.split('\n')[0]!;
  process.stderr.write(
    `trainer: ${isOfOpenFiles(line) ? `more files must be open at once (ulimit -n): ${line}` : line}\n`,
  );
  process.exitCode = 1;
}

/** Node also says so of a package that is there, where its package.json cannot be opened any more. */
function isOfOpenFiles(line: string): boolean {
  const missing = /^Cannot find package '(.+)[/\\]index\.js'/.exec(line)?.[1];
  return /^EMFILE/.test(line) || (missing !== undefined && existsSync(`${missing}/package.json`));
}
