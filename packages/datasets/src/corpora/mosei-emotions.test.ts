import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { sharedData } from '../__fixtures__/temporary-folders';
import type { CsdSegment } from '../formats/csd';
import { joinByTime, segmentLabels } from './mosei-emotions';

const segment = (row: number, start: number, end: number): CsdSegment => ({
  row,
  start,
  end,
  values: new Float64Array(),
});

describe('joinByTime', () => {
  const samples = [
    { id: 'v/0', videoId: 'v' },
    { id: 'v/1', videoId: 'v' },
  ];

  test('takes the nearest pair first and each segment once', () => {
    const times = new Map([
      ['v/0', { start: 1, end: 2 }],
      ['v/1', { start: 1.06, end: 2.06 }],
    ]);
    const { segments, unusedSegments } = joinByTime(samples, times, {
      videos: new Map([['v', [segment(0, 1.05, 2.05)]]]),
    });
    expect([...segments].map(([id, { row }]) => [id, row])).toEqual([['v/1', 0]]);
    expect(unusedSegments).toBe(0);
  });

  test('needs both ends, the same video, and times', () => {
    const times = new Map([['v/0', { start: 1, end: 2 }]]);
    const videos = new Map([
      ['v', [segment(0, 1, 2.2), segment(1, 0.77, 2)]],
      ['w', [segment(0, 1, 2)]],
    ]);
    expect(joinByTime(samples, times, { videos })).toEqual({ segments: new Map(), unusedSegments: 3 });
    expect(joinByTime(samples, times, { videos }, 0.25).segments.get('v/0')!.row).toBe(0);
  });

  test('finds every clip whatever the order of rows and clips is', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...Array(20).keys()], { minLength: 20 }),
        fc.shuffledSubarray([...Array(20).keys()]),
        (order, clips) => {
          const rows = order.map((place, row) => segment(row, place * 2, place * 2 + 1.5));
          const wanted = clips.map((place) => ({ id: `v/${place}`, videoId: 'v' }));
          const times = new Map(
            clips.map((place) => [`v/${place}`, { start: place * 2 + 0.01, end: place * 2 + 1.49 }]),
          );
          const { segments, unusedSegments } = joinByTime(wanted, times, { videos: new Map([['v', rows]]) });
          for (const place of clips) expect(segments.get(`v/${place}`)!.row).toBe(order.indexOf(place));
          expect(unusedSegments).toBe(20 - clips.length);
        },
      ),
    );
  });
});

test("a segment's sentiment is limited to -3 .. 3, its emotions are present above 0, and what is no label is none", () => {
  const labels = (...values: number[]) => segmentLabels({ ...segment(0, 0, 1), values: Float64Array.from(values) });
  expect(labels(3.33, 0, 1 / 3, 0, 0, 4.33, 0)).toEqual({ sentiment: 3, emotions: [0, 1, 0, 0, 1, 0] });
  expect(labels(-1, 0, 0, 0, 0, 0, -1)).toBeUndefined();
  expect(labels(Number.NaN, 0, 0, 0, 0, 0, 0)).toBeUndefined();
});

const mosei = sharedData('cmu-mosei');

describe.skipIf(!mosei)("MOSEI's own segments", () => {
  const videos = new Map<string, CsdSegment[]>();
  let clips: { id: string; videoId: string; row: number; clip: number; times: { start: number; end: number } }[];
  let times: Map<string, { start: number; end: number }>;
  beforeAll(() => {
    for (const split of ['train', 'valid', 'test']) {
      for (const line of readFileSync(join(mosei!, `segments_${split}.csv`), 'utf8')
        .trim()
        .split('\n')
        .slice(1)) {
        const [, video, row, start, end] = line.split(',');
        videos.set(video!, [...(videos.get(video!) ?? []), segment(Number(row), Number(start), Number(end))]);
      }
    }
    // As label.csv has them: clips counted in the order of time, times with two decimals.
    clips = [...videos].flatMap(([video, segments]) =>
      segments
        .toSorted((a, b) => a.start - b.start)
        .map(({ row, start, end }, clip) => ({
          id: `${video}/${clip}`,
          videoId: video,
          row,
          clip,
          times: { start: Number(start.toFixed(2)), end: Number(end.toFixed(2)) },
        })),
    );
    times = new Map(clips.map(({ id, times }) => [id, times]));
  });

  test('all 22,860 are found by time, where by row many would be wrong', () => {
    const { segments, unusedSegments } = joinByTime(clips, times, { videos });
    expect([segments.size, unusedSegments]).toEqual([22_860, 0]);
    for (const { id, row } of clips) expect(segments.get(id)!.row).toBe(row);
    expect(clips.filter(({ row, clip }) => row !== clip).length).toBeGreaterThan(2_000);
  });

  test('those that are missing are counted, and nothing is found half a second off', () => {
    const fewer = new Map([...videos].map(([video, segments]) => [video, segments.slice(1)]));
    expect(joinByTime(clips, times, { videos: fewer }).segments.size).toBe(22_860 - videos.size);
    const late = new Map([...times].map(([id, { start, end }]) => [id, { start: start + 0.5, end: end + 0.5 }]));
    const { segments, unusedSegments } = joinByTime(clips, late, { videos });
    expect(segments.size + unusedSegments).toBe(22_860);
    expect(segments.size).toBeLessThan(20);
  });
});
