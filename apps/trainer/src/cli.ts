// Nothing is imported before the error is one line: also where so few files may be open that the program cannot be loaded.
try {
  const { program } = await import('./program');
  await program.parseAsync();
} catch (error) {
  const line = (error as Error).message.split('\n')[0];
  process.stderr.write(
    `trainer: ${/^EMFILE/.test(line!) ? `more files must be open at once (ulimit -n): ${line}` : line}\n`,
  );
  process.exitCode = 1;
}

export {};
