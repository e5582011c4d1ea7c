import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import type { UnifiedLabel } from './types';
import { unifyReport } from './unify-report';

const label = (
  i: number,
  over: Partial<UnifiedLabel['target']> = {},
  emotions: UnifiedLabel['emotions'] = ['anger'],
): UnifiedLabel => ({
  target: { id: `t${i}`, split: 'train', text: `target text ${i}`, polarity: 'negative', ...over },
  emotions,
  match: {
    source: {
      id: `s:${i}`,
      source: 's',
      split: 'train',
      text: `source text ${i}`,
      polarity: 'negative',
      emotions: ['anger'],
    },
    similarity: i / 200,
    secondSimilarity: i / 400,
  },
});
const pageOf = (labels: UnifiedLabel[]) => parseHTML(unifyReport(labels, { settings: [['model', 'a & b']] })).document;
const cells = (row: Element) => [...row.querySelectorAll('td')].map((cell) => cell.textContent);

test('counts by emotion and polarity, a histogram, the least certain hundred', () => {
  const labels = [
    ...Array.from({ length: 150 }, (_, i) => label(i)),
    label(190, { polarity: 'neutral' }, []),
    label(191, { polarity: 'positive' }, ['happiness', 'surprise']),
    { ...label(192), emotions: undefined },
  ];
  const document = pageOf(labels);
  const [settings, counts, least] = [...document.querySelectorAll('table')].map((table) =>
    [...table.querySelectorAll('tbody tr')].map(cells),
  );
  expect(settings).toEqual([['model', 'a & b']]);
  expect(Object.fromEntries(counts!.map(([name, ...numbers]) => [name, numbers.join(' ')]))).toEqual({
    happiness: '0 0 1 1',
    sadness: '0 0 0 0',
    anger: '150 0 0 150',
    surprise: '0 0 1 1',
    disgust: '0 0 0 0',
    fear: '0 0 0 0',
    'none of the six': '0 1 0 1',
    'no label': '1 0 0 1',
    all: '151 1 1 153',
  });
  expect(least).toHaveLength(100);
  expect(least![0]).toEqual(['0', '0', 't0', 'negative', 'anger', 'target text 0', 's:0', 'source text 0']);
  expect(least![99]![0]).toBe('0.495');
  expect(document.querySelectorAll('svg rect').length).toBeGreaterThan(20);
  expect(document.querySelector('figure')!.textContent).toMatch(/negative.*neutral.*positive/s);
  expect(document.querySelector('.warning')).toBeNull();
});

test('repeats that validation and test samples were labelled', () => {
  const text = pageOf([label(1), label(2, { split: 'test' })]).querySelector('.warning')!.textContent;
  expect(text).toBe(
    '1 validation and test samples have unified labels, which follow from their gold polarity: no score of emotion is a result.',
  );
});

test('a text cannot become markup', () => {
  const text = `<script>alert("x")</script><img src=x onerror='y'>&amp;`;
  const one = label(1, { text, id: '<b>' });
  const page = pageOf([{ ...one, match: { ...one.match!, source: { ...one.match!.source, text } } }]);
  expect(page.querySelectorAll('script, img, b')).toHaveLength(0);
  expect(cells([...page.querySelectorAll('tbody tr')].at(-1)!).filter((cell) => cell === text)).toHaveLength(2);
});

test('a page without a search', () => {
  expect(pageOf([{ ...label(1, { polarity: 'neutral' }, []), match: undefined }]).querySelector('svg')).toBeNull();
});
