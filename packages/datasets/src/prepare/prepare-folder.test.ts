import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readAudio } from '@mmolre/audio';
import { decibels, makeWav, tones } from '@mmolre/audio/test';
import { describe, expect, test } from 'vitest';
import { temporaryFolders, videoFixture } from '../__fixtures__/temporary-folders';
import { readDataset } from '../dataset';
import { findVideoProgram } from '../formats/video-programs';
import { outputNames } from './output-names';
import { prepareFolder } from './prepare-folder';

const folderOf = temporaryFolders();
const HEAD = 'video_id,clip_id,text,label,mode,happiness,sadness,anger,surprise,disgust,fear';
const at16 = makeWav(tones(16_000, 0.2, 7_000));
const stereo48 = makeWav(
  [...tones(48_000, 0.2, 7_000)].flatMap((value) => [value, value]),
  { sampleRate: 48_000, channels: 2, bits: 24 },
);

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

const source = () =>
  folderOf({
    'label.csv': [
      HEAD,
      'v,1,"fine, ""really""",0.2,train,0.33,0,0,2,0,0',
      'v,2,no,-1.4,valid,,,,,,',
      'w,1,out of range,9,test,,,,,,',
      'w,2,damaged,1,test,,,,,,',
      'w,3,none,1,test,,,,,,',
      '',
    ].join('\n'),
    'v/1.wav': at16,
    'wav/v/2.wav': stereo48,
    'w/2.wav': at16.subarray(0, 100),
  });

test('makes a folder that is read as label.csv and wav, with hashes, and names what is left out', async () => {
  const folder = await source();
  const out = join(folder, '..', 'prepared');
  const result = await prepareFolder(folder, { out });
  expect(result).toMatchObject({ out, finished: true, made: 2, reused: 0, samples: 2 });

  const { train, valid, test: tests } = await readDataset(out);
  expect(train[0]).toMatchObject({ id: 'v/1', text: 'fine, "really"', sentiment: 0.2, emotions: [1, 0, 0, 1, 0, 0] });
  expect(valid[0]).toMatchObject({ id: 'v/2', sentiment: -1.4, recording: join(out, 'wav/v/2.wav') });
  expect(valid[0]).not.toHaveProperty('emotions');
  expect(tests).toEqual([]);
  // 16-bit PCM at 16 kHz comes out bit for bit; another is resampled.
  expect(readFileSync(train[0]!.recording!)).toEqual(at16);
  expect(decibels(await readAudio(valid[0]!.recording!), tones(16_000, 0.2, 7_000))).toBeGreaterThan(60);

  expect(readFileSync(join(out, 'skipped.csv'), 'utf8').replaceAll(folder, 'F').trimEnd().split('\n')).toEqual([
    'id,file,line,reason',
    expect.stringMatching(
      /^,label\.csv,4,"F\/label\.csv, line 4, column label: expected a number from -3 to 3 or nothing, found ""9"""$/,
    ),
    expect.stringMatching(/^w\/2,label\.csv,5,"?F\/w\/2\.wav: truncated/),
    'w/3,label.csv,6,"F/label.csv, line 6: no recording; looked for ""w/3.wav"", also under wav and Raw"',
  ]);
  const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'));
  expect(manifest).toMatchObject({ layout: 'label-folder', sampleRate: 16_000, samples: 2, skipped: 3 });
  expect(manifest.files).toEqual([
    {
      source: 'v/1.wav',
      sourceBytes: at16.length,
      sourceSha256: sha256(join(folder, 'v/1.wav')),
      audio: 'wav/v/1.wav',
      sha256: sha256(join(out, 'wav/v/1.wav')),
      samples: 3_200,
    },
    expect.objectContaining({
      source: 'wav/v/2.wav',
      audio: 'wav/v/2.wav',
      sha256: sha256(join(out, 'wav/v/2.wav')),
      samples: 3_200,
    }),
  ]);
});

test('is stopped and goes on, makes only what is missing or changed, and ends the same', async () => {
  const count = 40;
  const folder = await folderOf({
    'label.csv': [
      'video_id,clip_id,text,label,mode',
      ...Array.from({ length: count }, (_, i) => `v,${i},x,0,train`),
    ].join('\n'),
    ...Object.fromEntries(Array.from({ length: count }, (_, i) => [`v/${i}.wav`, makeWav([i / 100, 0])])),
  });
  const whole = join(folder, '..', 'whole');
  await prepareFolder(folder, { out: whole });
  const out = join(folder, '..', 'stopped');
  const stop = new AbortController();
  const first = await prepareFolder(folder, {
    out,
    signal: stop.signal,
    onProgress: (done) => done === 10 && stop.abort(),
  });
  expect(first.finished).toBe(false);
  expect(first.made).toBeGreaterThanOrEqual(10);
  expect(first.made).toBeLessThan(count);
  expect(existsSync(join(out, 'manifest.json'))).toBe(false);
  // As if it had been ended while it wrote.
  writeFileSync(
    join(out, '.prepare-progress.jsonl'),
    `${readFileSync(join(out, '.prepare-progress.jsonl'), 'utf8')}\n{"source":"v/3`,
  );

  const second = await prepareFolder(folder, { out });
  expect(second).toMatchObject({ finished: true, made: count - first.made, reused: first.made, samples: count });
  for (const name of ['label.csv', 'manifest.json', 'skipped.csv']) {
    expect(readFileSync(join(out, name), 'utf8')).toBe(readFileSync(join(whole, name), 'utf8'));
  }
  rmSync(join(out, 'wav/v/7.wav'));
  writeFileSync(join(folder, 'v/8.wav'), makeWav([0.5, 0.5, 0.5]));
  const info = statSync(join(folder, 'v/9.wav'));
  utimesSync(join(folder, 'v/9.wav'), info.atime, new Date(info.mtimeMs + 5_000));
  expect(await prepareFolder(folder, { out })).toMatchObject({ made: 3, reused: count - 3 });
  expect(readdirSync(join(out, 'wav/v'))).toHaveLength(count);
});

test('a data set of text only is written whole, without recordings', async () => {
  const folder = await folderOf({ 'train.tsv': 'Lovely, "so"\t18\tab1\n', 'dev.tsv': 'Hm\t27\tab2\n' });
  const out = join(folder, '..', 'text');
  expect(await prepareFolder(folder, { out })).toMatchObject({ samples: 2, made: 0, skipped: [] });
  const { train } = await readDataset(out);
  expect(train[0]).toMatchObject({ id: 'ab1/1', text: 'Lovely, "so"', emotions: [1, 0, 0, 0, 0, 0] });
  expect(await prepareFolder(folder, { out })).toMatchObject({ finished: true, samples: 2 });
});

test('refuses to write into the data set, or over something else', async () => {
  const folder = await source();
  await expect(prepareFolder(folder, { out: join(folder, 'prepared') })).rejects.toThrow(
    /must lie outside the data set's own folder/,
  );
  const other = await folderOf({ 'thesis.txt': 'x' });
  await expect(prepareFolder(folder, { out: other })).rejects.toThrow(/holds something else already \("thesis\.txt"\)/);
});

test('names of recordings are plain and distinct, whatever the sources are called', () => {
  const names = outputNames(['a/b.mp3', 'a/b.wav', 'A/B.wav', 'wav/a/c.wav', 'a/..x/é\n,.wav', 'a/.wav']);
  expect(names.get('a/b.mp3')).toBe('wav/a/b.wav');
  expect(names.get('wav/a/c.wav')).toBe('wav/a/c.wav');
  for (const name of names.values()) expect(name).toMatch(/^wav(\/[\w-][\w.-]*)+\.wav$/);
  expect(new Set([...names.values()].map((name) => name.toLowerCase())).size).toBe(6);
});

describe('video', () => {
  const meld = (folder: string) =>
    writeFileSync(
      join(folder, 'dev_sent_emo.csv'),
      'Utterance,Emotion,Sentiment,Dialogue_ID,Utterance_ID\nOh,joy,positive,0,0\nNo,anger,negative,0,1\nHm,fear,negative,110,7\n',
    );

  test('is skipped with one clear line where ffmpeg is not there', async () => {
    const folder = await folderOf({
      'dev_splits_complete/dia0_utt0.mp4': readFileSync(videoFixture('sound.mp4')),
      'dev_splits_complete/dia0_utt1.mp4': readFileSync(videoFixture('aac.mp4')),
    });
    meld(folder);
    const lines: string[] = [];
    const { FFMPEG } = process.env;
    process.env.FFMPEG = join(folder, 'no-such-program');
    try {
      const { samples, skipped } = await prepareFolder(folder, {
        out: join(folder, '..', 'no-ffmpeg'),
        log: (line) => lines.push(line),
      });
      expect(lines).toEqual([
        'ffmpeg is not on the path: the sound of 2 videos, or files like them, is skipped; install ffmpeg and run this again to add it',
      ]);
      expect(samples).toBe(0);
      expect(skipped.map(({ id, reason }) => [id, reason.split(': ').at(-1)])).toEqual([
        ['dev_dia0/utt0', 'its sound is taken out by ffmpeg, which is not there'],
        ['dev_dia0/utt1', 'its sound is taken out by ffmpeg, which is not there'],
        ['dev_dia110/utt7', 'known to be missing'],
      ]);
    } finally {
      if (FFMPEG === undefined) delete process.env.FFMPEG;
      else process.env.FFMPEG = FFMPEG;
    }
  });

  test('gives its audio where ffmpeg is there, and a playlist that calls itself a video gives nothing', async (context) => {
    const ffmpeg = await findVideoProgram('ffmpeg');
    if (!ffmpeg) return context.skip('ffmpeg is not on the path');
    const folder = await folderOf({ 'secret.wav': at16 });
    meld(folder);
    await mkdir(join(folder, 'dev'));
    const { spawnSync } = await import('node:child_process');
    const input = join(folder, 'tone.wav');
    writeFileSync(input, stereo48);
    spawnSync(ffmpeg, [
      '-v',
      'error',
      '-i',
      input,
      '-c:a',
      'pcm_s16le',
      '-f',
      'mov',
      join(folder, 'dev/dia0_utt0.mp4'),
    ]);
    writeFileSync(
      join(folder, 'dev/dia0_utt1.mp4'),
      `#EXTM3U\n#EXTINF:1,\n${join(folder, 'secret.wav')}\n#EXT-X-ENDLIST\n`,
    );
    const out = join(folder, '..', 'with-ffmpeg');
    const { samples, skipped } = await prepareFolder(folder, { out });
    expect([samples, skipped.length]).toEqual([1, 2]);
    expect(skipped[0]!.reason).toMatch(
      /dev\/dia0_utt1\.mp4: expected a video, or sound to convert, found what looks like a playlist$/,
    );
    const { valid } = await readDataset(out);
    expect(decibels(await readAudio(valid[0]!.recording!), tones(16_000, 0.2, 7_000))).toBeGreaterThan(60);
    expect(readdirSync(join(out, 'wav/dev'))).toEqual(['dia0_utt0.wav']);
  });
});
