import { noSound, unreadable, videoFault } from '../formats/video-fault';
import { runOnVideo } from '../formats/video-programs';

const DEADLINE_SECONDS = 120;

// Of its many words these tell what no other test finds. What it says of options, or of its own build, is no fault of the video.
const NO_TRACK = /matches no streams|does not contain any stream/;
const ITS_OWN_TROUBLE =
  /Unrecognized option|Option .* not found|Unknown encoder|Permission denied|Cannot allocate memory/;
const NOT_DECODED = /Decoder .* not found|not (yet )?implemented/i;
/** Said while it ends well, with less sound than there was. */
const INCOMPLETE = /ended prematurely|exceeds containing master element|Packet mismatch|Truncating packet|partial file/;

/**
 * Writes a video's first sound track as it is, every channel, to a wav file of floats.
 *
 * @throws DataError if it has none, is damaged, or takes too long.
 */
export async function extractAudio(ffmpeg: string, video: string, wav: string, maxSeconds: number): Promise<void> {
  // One second more than is allowed, so that a longer one is refused later and not cut.
  const output = ['-map', '0:a:0', '-t', String(maxSeconds + 1), '-c:a', 'pcm_f32le', '-f', 'wav', wav];
  const before = ['-nostdin', '-xerror', '-y'];
  const { code, signal, stderr } = await runOnVideo(ffmpeg, before, video, output, DEADLINE_SECONDS);
  if (/No space left|Disk quota exceeded/.test(stderr)) throw new Error(`${wav}: no space left to write it`);
  if (code === 0 && !INCOMPLETE.test(stderr)) return;
  if (signal) throw videoFault(video, `taking its sound out was given up after ${DEADLINE_SECONDS} seconds`);
  if (NO_TRACK.test(stderr)) throw noSound(video);
  if (NOT_DECODED.test(stderr)) throw videoFault(video, 'its sound is in a form that this ffmpeg does not read');
  if (ITS_OWN_TROUBLE.test(stderr)) throw videoFault(video, 'this ffmpeg cannot take its sound out');
  throw unreadable(video);
}
