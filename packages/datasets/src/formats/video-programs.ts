import { type Finished, runProgram } from '@mmolre/files';

/** Formats that ffmpeg and ffprobe may open; not playlists, which name other files. */
const FORMATS = 'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,asf,aiff,amr,amrnb,amrwb,aac,au,caf,mpeg';

/** Options that keep both to one local file of these formats, and quiet. */
const CONFINED = ['-v', 'error', '-protocol_whitelist', 'file', '-format_whitelist', FORMATS];

/** The ffmpeg or ffprobe that there is: the one that the environment's FFMPEG or FFPROBE names, or that on the path; undefined if none runs. */
export async function findVideoProgram(name: 'ffmpeg' | 'ffprobe'): Promise<string | undefined> {
  const program = process.env[name.toUpperCase()] || name;
  const { code } = await runProgram(program, ['-version'], { timeoutSeconds: 30 }).catch(() => ({ code: undefined }));
  return code === 0 ? program : undefined;
}

/** Runs one of them on a file. @param after What stands behind the input. */
export const runOnVideo = (
  program: string,
  before: readonly string[],
  path: string,
  after: readonly string[],
  timeoutSeconds: number,
): Promise<Finished> =>
  runProgram(program, [...CONFINED, ...before, '-i', `file:${path}`, ...after], { timeoutSeconds });
