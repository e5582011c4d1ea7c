import { spawn } from 'node:child_process';

/** Runs a program to its end and gives what it wrote to standard output. @throws With the end of what it wrote if it fails. */
export function run(command, args, { cwd, env = process.env }) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, all] = ['', ''];
    child.stdout.on('data', (part) => {
      stdout += part;
      all += part;
    });
    child.stderr.on('data', (part) => {
      all += part;
    });
    child.once('error', fail).once('close', (code) => {
      if (code === 0) done(stdout);
      else fail(new Error(`${[command, ...args].join(' ')} in ${cwd} ended with ${code}:\n${all.slice(-20000)}`));
    });
  });
}
