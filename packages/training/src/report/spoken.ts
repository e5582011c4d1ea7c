import { resample, wavFile } from '@mmolre/audio';
import { EMOTIONS, type Sample } from '@mmolre/datasets';
import { SAMPLE_RATE } from '@mmolre/encoders';
import { category, NONE } from '@mmolre/metrics';
import type { Example, Prediction } from '@mmolre/model';
import { peaksOf, type RunPageFacts, type UtteranceFacts } from '@mmolre/report';

/** So many of which most is right, and of which least is, of each task. */
const EACH = 3;
/** Hz: as a telephone has it, so that a page stays small. */
const SOUND_RATE = 8000;
const SOUND_SECONDS = 8;
const PEAKS = 160;

type Spoken = { example: Example & Pick<Sample, 'recording'>; prediction: Prediction };
type Split = {
  examples: readonly Spoken['example'][];
  predictions: readonly Prediction[];
  /** Undefined where emotions are not predicted. */ thresholds: readonly number[] | undefined;
};

/**
 * The utterances of a split that tell most of a model: by task, those with the smallest error and those with the largest, no recording
 * twice. Of sentiment it is the absolute error, of emotions the sum of their squared errors.
 */
export function tellingUtterances({ examples, predictions, thresholds }: Split): RunPageFacts['utterances'] {
  const all = examples.map((example, i): Spoken => ({ example, prediction: predictions[i]! }));
  const groups = [
    ['Sentiment', sentimentError],
    ['Emotion', emotionError],
  ] as const;
  return groups.flatMap(([task, errorOf]) => {
    const scored = all.flatMap((spoken) => {
      const error = errorOf(spoken);
      return error === undefined ? [] : [{ spoken, error }];
    });
    if (scored.length === 0) return [];
    scored.sort((a, b) => a.error - b.error);
    const show = (some: typeof scored) => differing(some).map(({ spoken }) => shownOf(spoken, thresholds));
    return [
      { title: `${task}: what is most right`, utterances: show(scored) },
      { title: `${task}: what is most wrong`, utterances: show(scored.toReversed()) },
    ];
  });
}

const sentimentError = ({ example, prediction }: Spoken) =>
  example.sentiment === undefined || prediction.sentiment === undefined
    ? undefined
    : Math.abs(example.sentiment - prediction.sentiment);

const emotionError = ({ example: { emotions }, prediction }: Spoken) =>
  emotions && prediction.emotions?.reduce((sum, p, c) => sum + (p - (emotions[c]! > 0 ? 1 : 0)) ** 2, 0);

/** The first few, no recording twice. */
function differing<T extends { spoken: Spoken }>(all: readonly T[]): T[] {
  const recordings = new Set<string>();
  const found: T[] = [];
  for (const one of all) {
    const { recording, id } = one.spoken.example;
    if (recordings.has(recording ?? id)) continue;
    recordings.add(recording ?? id);
    found.push(one);
    if (found.length === EACH) break;
  }
  return found;
}

function shownOf({ example, prediction }: Spoken, thresholds: readonly number[] | undefined): UtteranceFacts {
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
  const { sentiment, emotions } = prediction;
  const labelled = example.emotions && (EMOTIONS.filter((_, c) => example.emotions![c]! > 0).join(', ') || NONE);
  return {
    id: example.id,
    text: example.text,
    sound: example.audio && soundOf(example.audio),
    lines: [
      ...(sentiment === undefined
        ? []
        : [
            `sentiment ${example.sentiment === undefined ? 'without a label' : signed(example.sentiment)}, predicted ${signed(sentiment)}`,
          ]),
      ...(emotions && thresholds
        ? [`emotion ${labelled ?? 'without a label'}, predicted ${category(emotions, thresholds, EMOTIONS)}`]
        : []),
      ...(emotions ? [EMOTIONS.map((name, c) => `${name} ${emotions[c]!.toFixed(2)}`).join(', ')] : []),
    ],
  };
}

function soundOf(audio: Float32Array): UtteranceFacts['sound'] {
  const heard = audio.subarray(0, SOUND_SECONDS * SAMPLE_RATE);
  const wav = wavFile(resample(heard, SAMPLE_RATE, SOUND_RATE), SOUND_RATE);
  return { wav: Buffer.from(wav).toString('base64'), peaks: peaksOf(heard, PEAKS) };
}
