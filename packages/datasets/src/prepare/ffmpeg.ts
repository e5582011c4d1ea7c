import { DataError, lastLine, runProgram, shownPath } from '@mmolre/files';

/** Containers that are opened; not playlists, which name other files. */
const CONTAINERS = 'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv';
const DEADLINE_SECONDS = 120;

/** The ffmpeg that there is: the environment's FFMPEG, or the one on the path; undefined if none runs. */
export async function findFfmpeg(): Promise<string | undefined> {
  const program = process.env.FFMPEG || 'ffmpeg';
  return (await run(program, ['-version'])) === undefined ? program : undefined;
}

/**
 * Writes a video's first sound track as it is, every channel, to a wav file of floats.
 *
 * @throws DataError if it has none, is damaged, or takes too long.
 */
export async function extractAudio(ffmpeg: string, video: string, wav: string, maxSeconds: number): Promise<void> {
  const options = [
    '-nostdin',
    '-v',
    'error',
    '-xerror',
    '-y',
    '-protocol_whitelist',
    'file',
    '-format_whitelist',
    CONTAINERS,
  ];
  // One second more than is allowed, so that a longer one is refused later and not cut.
  const output = ['-map', '0:a:0', '-t', String(maxSeconds + 1), '-c:a', 'pcm_f32le', '-f', 'wav', wav];
  const failure = await run(ffmpeg, [...options, '-i', `file:${video}`, ...output]);
  if (failure !== undefined)
    throw new DataError(`${shownPath(video)}: ffmpeg gives no audio: ${failure}`, { kind: 'corrupt-audio' });
}

/** Runs a program; undefined if it ended well, else its last words. */
async function run(program: string, args: string[]): Promise<string | undefined> {
  try {
    const { code, signal, stderr } = await runProgram(program, args, { timeoutSeconds: DEADLINE_SECONDS });
    if (code === 0) return undefined;
    return signal ? `given up after ${DEADLINE_SECONDS} seconds` : lastLine(stderr) || `it ended with ${code}`;
  } catch (error) {
    return (error as Error).message; // it could not be started
  }
}
