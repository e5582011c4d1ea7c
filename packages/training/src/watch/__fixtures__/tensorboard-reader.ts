import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, lastLine, replaceFolder, requirePython, runProgram } from '@mmolre/files';

/** TensorBoard with only those of the packages it names that reading event files needs: 70 MB instead of 130. */
const PACKAGES = ['tensorboard==2.21.0', 'protobuf<8', 'numpy<3', 'absl-py<3'];
const OPTIONS = ['--no-deps', '--no-compile', '--only-binary=:all:', '--retries=2', '--progress-bar=off'];

export type ReadEvents = {
  /** Of each tag [step, value], in order. */ scalars: Record<string, [number, number][]>;
  histograms: Record<string, [number, ReadHistogram][]>;
};
export type ReadHistogram = {
  min: number;
  max: number;
  num: number;
  sum: number;
  sumSquares: number;
  bucketLimit: number[];
  bucket: number[];
};

const PROGRAM = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0, 'histograms': 0})
events.Reload()
histogram = lambda h: dict(min=h.min, max=h.max, num=h.num, sum=h.sum, sumSquares=h.sum_squares,
                           bucketLimit=list(h.bucket_limit), bucket=list(h.bucket))
tags = events.Tags()
print(json.dumps(dict(
    scalars={tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in tags['scalars']},
    histograms={tag: [[e.step, histogram(e.histogram_value)] for e in events.Histograms(tag)] for tag in tags['histograms']})))
`;

/**
 * Reads a folder of event files by TensorBoard's own reader, in Python.
 *
 * @throws One line: what is missing, or why it cannot be read.
 */
export async function tensorBoardReader(): Promise<(folder: string) => Promise<ReadEvents>> {
  const python = await requirePython();
  const { stdout: version } = await runProgram(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
  const installed = join(cacheFolder(), `tensorboard-reader-python${version.trim()}`);
  if (!existsSync(installed)) await install(python, installed);
  return async (folder) => {
    const env = { ...process.env, PYTHONPATH: installed };
    const { code, stdout, stderr } = await runProgram(python, ['-c', PROGRAM, folder], { env });
    if (code !== 0) throw new Error(`TensorBoard does not read ${folder}: ${lastLine(stderr)}`);
    return JSON.parse(stdout) as ReadEvents;
  };
}

/** By pip, once a user: about ten seconds. */
async function install(python: string, target: string): Promise<void> {
  const write = async (folder: string, scratch: string) => {
    const args = ['-m', 'pip', 'install', ...OPTIONS, `--target=${folder}`, ...PACKAGES];
    const env = { ...process.env, TMPDIR: scratch, PIP_DISABLE_PIP_VERSION_CHECK: '1' };
    const { code, stderr } = await runProgram(python, args, { env });
    if (code !== 0) throw new Error(`tensorboard cannot be installed (pip: ${lastLine(stderr)})`);
  };
  await replaceFolder(target, write, { keep: existsSync });
}
