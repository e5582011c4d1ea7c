import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAudio } from '@mmolre/audio';
import { makeWav, tones, type WavOptions } from '@mmolre/audio/test';
import { csvRecords, csvText } from '@mmolre/files';
import { afterEach, describe, expect, test } from 'vitest';
import { codedWav } from '../__fixtures__/coded-wav';
import { audioFixture, temporaryFolders, videoFixture } from '../__fixtures__/temporary-folders';
import { readDataset } from '../dataset';
import { findVideoProgram } from '../formats/video-programs';
import type { AudioRemark } from '../validate/audio-remark';
import { validateFolder } from '../validate/inspect';
import { prepareFolder } from './prepare-folder';

// A folder of clips of every kind, and what should become of each, written down before it is tried.

const folderOf = temporaryFolders();

/** What becomes of a clip: so many samples at 16 kHz (or from, to), a reason why it is lost, and a remark. */
type Fate = { samples?: number | [number, number]; lost?: RegExp; remark?: AudioRemark['kind'] };
type Clip = Fate & {
  /** Its name, without the folder. */
  file: string;
  content: Uint8Array | string | ((path: string, root: string) => void);
  /** Where it lies, if it is a link. */
  source?: string;
  /** Only ffmpeg takes its sound out. */
  converted?: boolean;
};

const SECONDS = 0.25;
const wav = (options: WavOptions = {}) => {
  const { sampleRate = 16_000, channels = 1 } = options;
  const mono = tones(sampleRate, SECONDS, 3_000);
  return makeWav(channels === 1 ? mono : [...mono].flatMap((value) => [value, -value / 2]), options);
};
const recording = (name: string) => readFileSync(audioFixture(name));
const video = (name: string) => readFileSync(videoFixture(name));
const part = (bytes: Uint8Array, share: number) => bytes.subarray(0, Math.floor(bytes.length * share));
const changed = (bytes: Buffer, change: (bytes: Buffer) => void) => {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
};
const pipe = (path: string) => expect(spawnSync('mkfifo', [path]).status).toBe(0);
const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n';
const page = '<!DOCTYPE html>\n<html><head><title>Not found</title></head></html>\n';
const png = Buffer.from('89504e470d0a1a0a0000000d4948445200000001', 'hex');

const samples = 4_000;

const clips: Clip[] = [
  { file: 'pcm-8.wav', content: wav({ bits: 8 }), samples },
  { file: 'pcm-16.wav', content: wav(), samples },
  { file: 'pcm-24.wav', content: wav({ bits: 24 }), samples },
  { file: 'pcm-32.wav', content: wav({ bits: 32 }), samples },
  { file: 'float.wav', content: wav({ bits: 32, float: true }), samples },
  { file: 'double.wav', content: wav({ bits: 64, float: true }), samples },
  { file: 'extensible.wav', content: wav({ extensible: true }), samples },
  { file: 'note.wav', content: wav({ note: true }), samples },
  { file: 'stereo.wav', content: wav({ channels: 2 }), samples },
  { file: 'from-8000.wav', content: wav({ sampleRate: 8_000 }), samples },
  { file: 'from-22050.wav', content: wav({ sampleRate: 22_050 }), samples: [4_000, 4_001] },
  { file: 'from-44100.wav', content: wav({ sampleRate: 44_100 }), samples },
  { file: 'from-48000.wav', content: wav({ sampleRate: 48_000 }), samples },
  { file: 'from-96000.wav', content: wav({ sampleRate: 96_000 }), samples },
  { file: 'a-law.wav', content: codedWav.aLaw, samples },
  { file: 'mu-law.wav', content: codedWav.muLaw, samples },
  { file: 'ima-adpcm.wav', content: codedWav.imaAdpcm, samples: 2_020 },
  { file: 'ms-adpcm.wav', content: codedWav.msAdpcm, samples: 2_000 },
  { file: 'rf64.wav', content: codedWav.rf64, samples },
  { file: 'tone.flac', content: recording('tone.flac'), samples: 8_000 },
  { file: 'stereo.flac', content: recording('stereo.flac'), samples: 8_000 },
  { file: 'tone.mp3', content: recording('tone.mp3'), samples: [7_990, 8_010] },
  { file: 'tone.ogg', content: recording('tone.ogg'), samples: 8_000 },
  { file: 'tone.opus', content: recording('tone.opus'), samples: 8_000 },
  { file: 'capitals.WAV', content: wav(), samples },
  { file: 'Mixed.Flac', content: recording('tone.flac'), samples: 8_000 },
  { file: 'two words.wav', content: wav(), samples },
  { file: 'größer — 悪い.wav', content: wav(), samples },
  { file: 'a, "b".wav', content: wav(), samples },
  { file: 'dots.in.name.wav', content: wav(), samples },
  {
    file: 'linked.wav',
    content(path, root) {
      mkdirSync(join(root, 'store'));
      writeFileSync(join(root, 'store/whole.wav'), wav());
      symlinkSync('../store/whole.wav', path);
    },
    source: 'store/whole.wav',
    samples,
  },

  { file: 'sound.m4a', content: video('sound.m4a'), converted: true, samples },
  { file: 'sound.mp4', content: video('sound.mp4'), converted: true, samples },
  { file: 'aac.MP4', content: video('aac.mp4'), converted: true, samples: [3_900, 4_200] },
  { file: 'sound.mov', content: video('sound.mov'), converted: true, samples },
  { file: 'sound.3gp', content: video('sound.3gp'), converted: true, samples: [3_900, 4_200] },
  { file: 'sound.mkv', content: video('sound.mkv'), converted: true, samples },
  { file: 'streamed.mkv', content: video('streamed.mkv'), converted: true, samples },
  { file: 'sound.webm', content: video('sound.webm'), converted: true, samples: [3_900, 4_200] },
  { file: 'sound.avi', content: video('sound.avi'), converted: true, samples },
  { file: 'sound.flv', content: video('sound.flv'), converted: true, samples: [3_900, 4_200] },
  { file: 'sound.aiff', content: video('sound.aiff'), converted: true, samples },
  { file: 'sound.aac', content: video('sound.aac'), converted: true, samples: [3_900, 5_200] },
  { file: 'sound.wma', content: video('sound.wma'), converted: true, samples: [3_500, 4_400] },

  { file: 'no-sound.mp4', content: video('no-sound.mp4'), lost: /: no sound in it$/ },
  { file: 'no-sound.mkv', content: video('no-sound.mkv'), lost: /: no sound in it$/ },
  { file: 'no-sound.avi', content: video('no-sound.avi'), lost: /: no sound in it$/ },
  { file: 'no-sound.flv', content: video('no-sound.flv'), lost: /: no sound in it$/ },
  {
    file: 'cut.wav',
    content: part(wav(), 0.5),
    lost: /: truncated: its header claims 8000 bytes of samples, 3978 are/,
  },
  { file: 'cut-head.wav', content: part(wav(), 0.003), lost: /: truncated|: not audio/ },
  { file: 'cut.flac', content: part(recording('tone.flac'), 0.5), lost: /: (truncated|damaged)/ },
  { file: 'cut.ogg', content: part(recording('tone.ogg'), 0.5), lost: /: truncated/ },
  {
    file: 'cut-behind.mp4',
    content: part(video('sound.mp4'), 0.5),
    lost: /: cut short: its part "mdat" goes on to byte/,
  },
  {
    file: 'cut-before.mp4',
    content: part(video('aac.mp4'), 0.9),
    lost: /: cut short: its part "mdat" goes on to byte/,
  },
  { file: 'cut.mkv', content: part(video('sound.mkv'), 0.8), lost: /: cut short: its part "segment" goes on to byte/ },
  { file: 'cut.avi', content: part(video('sound.avi'), 0.8), lost: /: cut short: its part "LIST" goes on to byte/ },
  { file: 'cut.flv', content: part(video('sound.flv'), 0.8), lost: /: cut short: it does not end with a whole tag$/ },
  { file: 'empty.wav', content: '', lost: /the file "of-\w+\/empty\.wav" is empty$/ },
  { file: 'empty.mp4', content: '', lost: /the file "of-\w+\/empty\.mp4" is empty$/ },
  { file: 'pointer.wav', content: pointer, lost: /: a Git LFS pointer, not the file itself/ },
  { file: 'pointer.mp4', content: pointer, lost: /: a Git LFS pointer, not the file itself/ },
  { file: 'text.wav', content: 'a text and no sound', lost: /: not audio: / },
  { file: 'picture.wav', content: png, lost: /: not audio: / },
  {
    file: 'page.mp4',
    content: page,
    lost: /: expected a video, or sound to convert, found what looks like an HTML page$/,
  },
  { file: 'playlist.mp4', content: '#EXTM3U\npcm-16.wav\n', lost: /found what looks like a playlist$/ },
  { file: 'renamed.mp4', content: wav(), lost: /found what looks like wav audio$/ },
  { file: 'zeros.avi', content: Buffer.alloc(5_000), lost: /found zeros$/ },
  { file: 'pipe.wav', content: pipe, lost: /: expected a file, found that "of-\w+\/pipe\.wav" is none$/ },
  { file: 'pipe.mp4', content: pipe, lost: /: expected a file, found that "of-\w+\/pipe\.mp4" is none$/ },
  {
    file: 'folder.wav',
    content: (path) => mkdirSync(path),
    lost: /: expected a file, found that "of-\w+\/folder\.wav" is none$/,
  },
  {
    file: 'out.wav',
    content: (path, root) => symlinkSync(join(root, '../secret.wav'), path),
    lost: /a link that leads out/,
  },
  { file: 'nowhere.wav', content: (path) => symlinkSync('no-such-file', path), lost: /: no recording; looked for/ },
  {
    file: 'nan.wav',
    content: makeWav([0, Number.NaN, 0.5], { bits: 32, float: true }),
    lost: /: damaged: .*not a finite/,
  },
  {
    file: 'no-channels.wav',
    content: changed(wav(), (bytes) => bytes.writeUInt16LE(0, 22)),
    lost: /: a wav header that cont/,
  },
  {
    file: 'forged.wav',
    content: changed(wav(), (bytes) => bytes.writeUInt32LE(0x7fffffff, 40)),
    lost: /: truncated: .* 214/,
  },
  {
    file: 'long.wav',
    content: makeWav(new Float32Array(5_000), { sampleRate: 1_000, bits: 8 }),
    lost: /: 5\.0 seconds long, expected at most 4$/,
  },

  { file: 'silence.wav', content: makeWav(new Float32Array(4_000)), samples, remark: 'silent-audio' },
  { file: 'constant.wav', content: makeWav(new Float32Array(4_000).fill(0.5)), samples, remark: 'silent-audio' },
  { file: 'one-sample.wav', content: makeWav([0.5]), samples: 1, remark: 'short-audio' },
  { file: 'short.wav', content: makeWav(tones(16_000, 0.04, 3_000)), samples: 640, remark: 'short-audio' },
  {
    file: 'clipped.wav',
    content: makeWav(
      tones(48_000, SECONDS, 1_000).map((value) => 8 * value),
      { sampleRate: 48_000 },
    ),
    samples,
    remark: 'clipped-audio',
  },
  {
    file: 'off-centre.wav',
    content: makeWav(tones(16_000, SECONDS, 3_000).map((value) => value / 2 + 0.2)),
    samples,
    remark: 'offset-audio',
  },
];

/** Clips of one ending share a folder, as their ids do. */
const folderName = ({ file }: Clip) => `of-${file.slice(file.lastIndexOf('.') + 1)}`;
const clipId = ({ file }: Clip) => file.slice(0, file.lastIndexOf('.'));
const idOf = (clip: Clip) => `${folderName(clip)}/${clipId(clip)}`;
const lineOf = (clip: Clip) => clips.indexOf(clip) + 2;

async function makeClips(): Promise<string> {
  const rows = clips.map((clip) => [folderName(clip), clipId(clip), 'said', '1', 'train']);
  const root = await folderOf({
    'data/label.csv': csvText([['video_id', 'clip_id', 'text', 'label', 'mode'], ...rows]),
    'secret.wav': wav(),
  });
  const data = join(root, 'data');
  for (const clip of clips) {
    mkdirSync(join(data, folderName(clip)), { recursive: true });
    const path = join(data, folderName(clip), clip.file);
    if (typeof clip.content === 'function') clip.content(path, data);
    else writeFileSync(path, clip.content);
  }
  return data;
}

const fateOf = (clip: Clip, ffmpeg: boolean): Fate =>
  clip.converted && !ffmpeg ? { lost: /: its sound is taken out by ffmpeg, which is not there$/ } : clip;
const sorted = (ids: readonly string[]) => [...ids].sort();
const rowsOf = (path: string) =>
  csvRecords(readFileSync(path, 'utf8'), (reason) => expect.fail(reason))
    .slice(1)
    .map(({ cells }) => cells);

describe('of a folder with clips of every kind', () => {
  const { FFMPEG } = process.env;
  afterEach(() => {
    if (FFMPEG === undefined) delete process.env.FFMPEG;
    else process.env.FFMPEG = FFMPEG;
  });

  test.each([
    ['with', true],
    ['without', false],
  ])(
    '%s ffmpeg, prepare makes what was expected, and names what is lost and what is worth a look',
    async (_, ffmpeg) => {
      if (!ffmpeg) process.env.FFMPEG = '/no/such/program';
      else if (!(await findVideoProgram('ffmpeg'))) {
        console.warn('not tested: what needs ffmpeg, which is not on the path');
        return;
      }
      const data = await makeClips();
      const out = `${data}-prepared`;
      const result = await prepareFolder(data, { maxSeconds: 4 });

      const kept = clips.filter((clip) => !fateOf(clip, ffmpeg).lost);
      const lost = clips.filter((clip) => fateOf(clip, ffmpeg).lost);
      const remarked = clips.filter(({ remark }) => remark);
      expect(result).toMatchObject({
        finished: true,
        samples: kept.length,
        loss: { lost: lost.length, of: clips.length },
      });

      // What is lost, and why.
      expect(sorted(result.skipped.map(({ id }) => id))).toEqual(sorted(lost.map(idOf)));
      for (const clip of lost) {
        const { reason, line } = result.skipped.find(({ id }) => id === idOf(clip))!;
        expect([clip.file, reason]).toEqual([clip.file, expect.stringMatching(fateOf(clip, ffmpeg).lost!)]);
        expect([line, reason.includes('\n')]).toEqual([lineOf(clip), false]);
      }
      expect(rowsOf(join(out, 'skipped.csv'))).toEqual(
        result.skipped.map(({ id, file, line, reason }) => [id, file, String(line), reason]),
      );

      // What is worth a look.
      expect(sorted(result.remarks.map(({ id, kind }) => `${id} ${kind}`))).toEqual(
        sorted(remarked.map((clip) => `${idOf(clip)} ${clip.remark}`)),
      );
      expect(rowsOf(join(out, 'remarks.csv'))).toEqual(
        result.remarks.map(({ id, file, line, kind, message }) => [id, file, String(line), kind, message]),
      );

      // What is there.
      const { train } = await readDataset(out);
      expect(sorted(train.map(({ id }) => id))).toEqual(sorted(kept.map(idOf)));
      const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'));
      expect(manifest).toMatchObject({ samples: kept.length, skipped: lost.length, remarks: remarked.length });
      expect(manifest.files).toHaveLength(kept.length);
      for (const clip of kept) {
        const { recording } = train.find(({ id }) => id === idOf(clip))!;
        const { length } = await readAudio(recording!);
        const [least, most] = [clip.samples!].flat();
        expect([clip.file, length >= least!, length <= (most ?? least!), length]).toEqual([
          clip.file,
          true,
          true,
          length,
        ]);
        const path = clip.source ?? `${folderName(clip)}/${clip.file}`;
        const entry = manifest.files.find(({ source }: { source: string }) => source === path);
        expect([clip.file, entry.samples, entry.remark?.kind]).toEqual([clip.file, length, clip.remark]);
      }

      // Called again it makes nothing, and says the same.
      const again = await prepareFolder(data, { maxSeconds: 4 });
      expect(again).toMatchObject({ made: 0, reused: kept.length, skipped: result.skipped, remarks: result.remarks });
    },
  );

  test('validate --deep finds the same: what is lost, and what is worth a look', async () => {
    const { problems, loss } = await validateFolder(await makeClips(), { deep: true, maxSeconds: 4 });
    const lost = clips.filter((clip) => clip.lost);
    const lines = problems.filter(({ severity, kind }) => severity === 'error' || kind === 'no-audio');
    expect(lines.map(({ line }) => line).sort()).toEqual(lost.map(lineOf).sort());
    for (const clip of lost.filter(({ file }) => file.startsWith('no-sound'))) {
      const found = problems.find(({ line }) => line === lineOf(clip))!;
      expect(found).toMatchObject({ kind: 'no-audio-track', severity: 'error' });
      expect(found.message).toMatch(/no-sound\.\w+: no sound in it; label\.csv, line \d+ names it$/);
    }
    const remarks = problems.filter(
      ({ severity, kind }) => severity === 'warning' && kind.endsWith('-audio') && kind !== 'no-audio',
    );
    expect(sorted(remarks.map(({ line, kind }) => `${line} ${kind}`))).toEqual(
      sorted(clips.flatMap((clip) => (clip.remark ? `${lineOf(clip)} ${clip.remark}` : []))),
    );
    // A row whose recording is nowhere is a text.
    expect(loss).toEqual({ lost: lost.length - 1, of: clips.length });
  });
});
