import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import type { Block, UtteranceFacts } from './document';
import { type RunPageFacts, runPage } from './run-page';
import { toHtml } from './to-html';
import { escapeLatex, toLatex } from './to-latex';
import { toMarkdown } from './to-markdown';
import { toTerminal } from './to-terminal';
import { peaksOf, waveform } from './waveform';

const epoch = (number: number, best: boolean) => ({
  ...{ epoch: number, step: 10 * number, trainLoss: 3 / number, validLoss: 2 / number, best },
  ...{ mae: 1 / number, corr: number / 10, recall: undefined, accuracy: undefined, weightedF1: undefined },
});
const utterance: UtteranceFacts = {
  id: 'u<1>',
  text: '<script>alert(1)</script> \u202egood',
  sound: { wav: 'UklGRg==', peaks: [0, 0.5, 1] },
  lines: ['sentiment +1.00, predicted +0.50'],
};
const facts: RunPageFacts = {
  identity: [
    ['run', 'small-seed1', '../run.json'],
    ['machine', 'two cores'],
  ],
  state: 'Trained.',
  history: {
    steps: Array.from({ length: 1000 }, (_, i) => ({ step: i + 1, loss: 5 - i / 250, learningRate: 1e-3 })),
    epochs: [epoch(1, true), epoch(2, false), epoch(3, true), epoch(4, false)],
    routers: [
      {
        ...{ modality: 'text', block: 1, task: 'sentiment' },
        shares: [
          { epoch: 1, experts: [0, 0.5, 1] },
          { epoch: 2, experts: [1, 0, 0.25] },
        ],
      },
    ],
  },
  results: [{ table: { head: ['model', 'corr'], rows: [['this model', 'undefined']] } }],
  utterances: [{ title: 'Sentiment: what is most right', utterances: [utterance] }],
};
const pageOf = (blocks: readonly Block[]) => parseHTML(toHtml('a run', blocks)).document;

test('a page has the curves of the tasks that there are, the epoch that was kept, and a square an epoch and expert', () => {
  const page = pageOf(runPage(facts));
  const titles = [...page.querySelectorAll('.plots > figure > figcaption')].map(({ textContent }) => textContent);
  expect(titles).toEqual([
    'loss of each step',
    'learning rate',
    'loss of an epoch, training',
    'loss of an epoch, validation',
    'sentiment, validation',
    'text, block 1, sentiment',
  ]);
  const rows = [...page.querySelectorAll('tr')].map(({ children }) => [...children].map((cell) => cell.textContent));
  expect(rows.find(([number]) => number === '3')!.at(-1)).toBe('kept');
  expect(rows.find(([number]) => number === '4')!.at(-1)).toBe('');
  const map = [...page.querySelectorAll('.plots > figure')].at(-1)!;
  const squares = [...map.querySelectorAll('rect')].filter((rect) => rect.getAttribute('fill')?.startsWith('rgb'));
  expect(squares).toHaveLength(6);
  expect(squares[0]!.getAttribute('fill')).not.toBe(squares[2]!.getAttribute('fill'));
});

test('a page runs no script, asks for nothing, and keeps what was said as text in its own direction', () => {
  const page = pageOf(runPage(facts));
  expect(page.querySelector('meta[http-equiv]')!.getAttribute('content')).toContain("default-src 'none'");
  expect(page.querySelectorAll('script')).toHaveLength(0);
  expect(page.body.textContent).not.toContain('\u26a0'); // how a drawing warns
  expect(page.querySelector('blockquote')!.textContent).toBe(utterance.text);
  expect(page.querySelector('blockquote')!.getAttribute('dir')).toBe('auto');
  expect(page.querySelector('h3')!.textContent).toBe('u<1>');
  expect(page.querySelector('audio')!.getAttribute('src')).toBe('data:audio/wav;base64,UklGRg==');
  expect(page.querySelector('dd a')!.getAttribute('href')).toBe('../run.json');
});

test('before the first step, and of a model without routers or results, it says what there is', () => {
  const early = runPage({ ...facts, history: { steps: [], epochs: [], routers: [] }, results: [], utterances: [] });
  expect(toTerminal(early)).toBe(
    'run: small-seed1\nmachine: two cores\nTrained.\nTraining\nNo step has been taken yet.\n',
  );
});

test('elsewhere than in a page drawings are a line, and an utterance is one', () => {
  const text = toMarkdown(runPage(facts));
  expect(text).toContain('1000 steps, 4 epochs');
  expect(text).toContain('- u<1>; "<script>alert(1)</script> \u202egood"; sentiment +1.00, predicted +0.50');
  expect(text).not.toContain('UklGRg');
});

test('the first cell of a row leads to its run', () => {
  const table = { head: ['run', 'corr'], rows: [['one', '0.5']], anchors: ['run-1'] };
  const page = pageOf([{ table }, { heading: 'Run one', anchor: 'run-1' }]);
  const address = page.querySelector('td a')!.getAttribute('href')!;
  expect(page.querySelector(address)!.textContent).toBe('Run one');
});

test('tables as LaTeX, in which no text is a command', () => {
  const table = { head: ['a_b', 'c'], rows: [['50 % & \\input{x}', '0.1 ± 0.2']] };
  expect(toLatex([{ text: 'left out' }, { table }])).toBe(
    [
      '\\begin{tabular}{lr}',
      '\\toprule',
      'a\\_b & c \\\\',
      '\\midrule',
      '50 \\% \\& \\textbackslash{}input\\{x\\} & 0.1 $\\pm$ 0.2 \\\\',
      '\\bottomrule',
      '\\end{tabular}',
      '',
    ].join('\n'),
  );
  expect(escapeLatex('~^$#\u0000')).toBe('\\textasciitilde{}\\textasciicircum{}\\$\\# ');
});

test('a waveform has the largest of each part, relative to the largest of all', () => {
  expect(peaksOf([0.1, -0.4, 0, 0.2], 2)).toEqual([1, 0.5]);
  expect(peaksOf([0, 0], 5)).toEqual([0, 0]);
  expect(peaksOf([], 5)).toEqual([]);
  expect(waveform([1, 0])).toContain('M0.5 2.0V42.0M1.5 21.5V22.5');
});
