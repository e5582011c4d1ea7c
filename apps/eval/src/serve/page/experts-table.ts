import type { Explanation } from '@mmolre/training';
import { element } from './element';

const NAMES = { text: 'words', audio: 'voice' };

/** A row for each modality, block and task, a column for each shared expert: its gate in per cent, empty where it did not answer. */
export function expertsTable(experts: Explanation['experts']): Node[] {
  const rows = Object.entries(experts).flatMap(([modality, blocks]) =>
    blocks.flatMap((block, b) =>
      Object.entries(block).map(([task, gates]) => ({
        name: `${NAMES[modality as keyof typeof NAMES]}, block ${b + 1}, ${task}`,
        gates,
      })),
    ),
  );
  if (rows.length === 0) return [element('p', { className: 'note' }, 'This run has no experts.')];
  const largest = Math.max(...rows.flatMap(({ gates }) => gates));
  const numbers = rows[0]!.gates.map((_, n) => element('th', { scope: 'col' }, String(n + 1)));
  const table = element(
    'table',
    { className: 'experts', ariaLabel: 'Experts, their gates in per cent' },
    element('thead', {}, element('tr', {}, element('td'), ...numbers)),
    element(
      'tbody',
      {},
      ...rows.map(({ name, gates }) =>
        element('tr', {}, element('th', { scope: 'row' }, name), ...gates.map((gate) => gateCell(gate, largest))),
      ),
    ),
  );
  const note = 'How much each of the shared experts counts, in per cent. Those without a number were not asked.';
  return [
    element('p', { className: 'note' }, note),
    element('div', { className: 'wide', tabIndex: 0, role: 'region', ariaLabel: 'Experts' }, table),
  ];
}

function gateCell(gate: number, largest: number): HTMLElement {
  if (gate === 0) return element('td');
  const cell = element('td', {}, (100 * gate).toFixed(0));
  cell.style.background = `color-mix(in srgb, var(--accent) ${Math.round(15 + (35 * gate) / largest)}%, var(--paper))`;
  return cell;
}
