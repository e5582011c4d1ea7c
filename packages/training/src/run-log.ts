import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { faultPoint, plainFile } from '@mmolre/files';

/** A file of JSON lines that is only ever added to. */
export type RunLog = {
  append(event: object): void;
  /** Puts what was added on the disk. @returns The file's length in bytes. */
  sync(): number;
  close(): void;
};

/**
 * Opens a log, made if it is not there, and cuts it off after so many bytes: what a checkpoint knows of.
 *
 * @throws One line that names the file: it cannot be written, or is shorter than that.
 */
export function openLog(path: string, bytes: number): RunLog {
  const tell = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw new Error(`${path}: could not be written: ${(error as Error).message}`);
    }
  };
  const file = tell(() => openSync(plainFile(path), 'a+'));
  const { size } = fstatSync(file);
  if (size < bytes) {
    closeSync(file);
    throw new Error(`${path}: expected at least ${bytes} bytes, which the checkpoint knows of, found ${size}`);
  }
  tell(() => ftruncateSync(file, bytes));
  return {
    append(event) {
      faultPoint('a line of the log begins');
      tell(() => writeSync(file, `${JSON.stringify(event)}\n`));
      faultPoint('a line of the log is written');
    },
    sync() {
      tell(() => fsyncSync(file));
      return fstatSync(file).size;
    },
    close: () => closeSync(file),
  };
}
