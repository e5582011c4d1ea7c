import { noSound, unreadable, videoFault } from './video-fault';
import { runOnVideo } from './video-programs';

const DEADLINE_SECONDS = 60;
const ASKED = ['-select_streams', 'a:0', '-show_entries', 'stream=codec_type,duration:format=duration', '-of', 'json'];

/**
 * Asks ffprobe for a video's first sound track.
 *
 * @returns Its length in seconds, or that of the whole; undefined if neither is known.
 * @throws DataError naming the file, if it has none, cannot be read, or takes too long.
 */
export async function probeSound(ffprobe: string, path: string): Promise<number | undefined> {
  const { code, signal, stdout } = await runOnVideo(ffprobe, ASKED, path, [], DEADLINE_SECONDS);
  if (signal) throw videoFault(path, `its head took more than ${DEADLINE_SECONDS} seconds to read`);
  const found = code === 0 ? parse(stdout) : undefined;
  if (!found) throw unreadable(path);
  const track = found.streams?.[0];
  if (!track) throw noSound(path);
  const seconds = [track.duration, found.format?.duration].map(Number).find((length) => length > 0);
  return seconds !== undefined && Number.isFinite(seconds) ? seconds : undefined;
}

type Probed = { streams?: { duration?: string }[]; format?: { duration?: string } };

function parse(text: string): Probed | undefined {
  try {
    return JSON.parse(text) as Probed;
  } catch {
    return undefined;
  }
}
