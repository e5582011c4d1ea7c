import type { Emotion } from '@mmolre/datasets';
import type { Answer, Explanation } from '@mmolre/training';
import { sentimentWord, signed } from './answer-line';
import { element } from './element';
import { expertsTable } from './experts-table';

type Column = { name: string; answer: Answer };

/** Everything of an answer, for the eye; numbers stand as text beside their bars. */
export function showAnswer(explanation: Explanation, thresholds: Record<string, number> = {}): Node[] {
  const { text, audio } = explanation.alone;
  const columns: Column[] =
    text && audio
      ? [
          { name: 'Together', answer: explanation },
          { name: 'Words alone', answer: text },
          { name: 'Voice alone', answer: audio },
        ]
      : [{ name: text ? 'Words' : 'Voice', answer: explanation }];
  return [
    element('h2', {}, 'What it says'),
    scoresTable(columns, thresholds),
    element('h2', {}, 'Which experts answered'),
    ...expertsTable(explanation.experts),
  ];
}

function scoresTable(columns: readonly Column[], thresholds: Record<string, number>): HTMLElement {
  const emotions = Object.keys(columns[0]!.answer.emotions ?? {}) as Emotion[];
  const head = columns.map(({ name }) => element('th', { scope: 'col' }, name));
  const row = (name: string, cells: HTMLElement[]) =>
    element('tr', {}, element('th', { scope: 'row' }, name), ...cells);
  const sentiments = columns.flatMap(({ answer }) =>
    answer.sentiment === undefined ? [] : [sentimentCell(answer.sentiment)],
  );
  return element(
    'table',
    { className: 'emotions' },
    element(
      'caption',
      {},
      'Sentiment from \u22123 to +3; of each emotion how probable it is, and a stroke where it begins to count as present.',
    ),
    element('thead', {}, element('tr', {}, element('td'), ...head)),
    element(
      'tbody',
      {},
      ...(sentiments.length > 0 ? [row('sentiment', sentiments)] : []),
      ...emotions.map((emotion) =>
        row(
          emotion,
          columns.map(({ answer }) => emotionCell(answer, emotion, thresholds[emotion])),
        ),
      ),
    ),
  );
}

function sentimentCell(sentiment: number): HTMLElement {
  const at = 50 + (Math.max(-3, Math.min(3, sentiment)) / 6) * 100;
  const bar = barOf(Math.min(at, 50), Math.max(at, 50), 50);
  bar.classList.add('signed');
  return element(
    'td',
    {},
    `${signed(sentiment)} `,
    element('span', { className: 'hint' }, sentimentWord(sentiment)),
    bar,
  );
}

function emotionCell({ emotions, present }: Answer, emotion: Emotion, threshold: number | undefined): HTMLElement {
  const probability = emotions![emotion];
  const isPresent = present!.includes(emotion);
  const said = isPresent ? [element('span', { className: 'unseen' }, ' present')] : [];
  const bar = barOf(0, 100 * probability, threshold && 100 * threshold);
  return element('td', { className: isPresent ? 'present' : '' }, probability.toFixed(2), ...said, bar);
}

/** From and to, and where a stroke stands: per cent of the width. */
function barOf(from: number, to: number, stroke: number | undefined): HTMLElement {
  const bar = element('span', { className: 'bar', ariaHidden: 'true' });
  const filled = element('i');
  Object.assign(filled.style, { left: `${from}%`, width: `${to - from}%` });
  bar.append(filled);
  if (stroke === undefined) return bar;
  const mark = element('b');
  mark.style.left = `${stroke}%`;
  bar.append(mark);
  return bar;
}
