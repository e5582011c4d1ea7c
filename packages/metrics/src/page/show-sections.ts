import type { Section } from '../checker/check-report';

/** Tables as elements. Every text becomes a text node, whatever it looks like. */
export const showSections = (sections: readonly Section[]): HTMLElement[] => sections.map(showSection);

function showSection({ title, head, rows, notes }: Section): HTMLElement {
  const isNumber = head.map((_, i) => rows.every((row) => /^-?[\d.]*$|^undefined$/.test(row[i]!)));
  const line = (row: readonly string[], scope: 'col' | 'row') =>
    element(
      'tr',
      row.map((text, i) => {
        const cell = element(scope === 'col' || i === 0 ? 'th' : 'td', [text]);
        if (cell.tagName === 'TH') cell.setAttribute('scope', scope);
        cell.className = classOf(head[i]!, text, scope === 'row', i > 0 && isNumber[i]!);
        return cell;
      }),
    );
  const table = element('table', [
    element('thead', [line(head, 'col')]),
    element(
      'tbody',
      rows.map((row) => line(row, 'row')),
    ),
  ]);
  if (head.includes('verdict')) table.className = 'claims';
  const heading = element('h2', [title]);
  const scroll = element('div', [table]);
  scroll.className = 'scroll';
  // A wide table is scrolled by keys too.
  scroll.tabIndex = 0;
  scroll.setAttribute('role', 'region');
  scroll.setAttribute('aria-label', title);
  return element('section', [
    heading,
    scroll,
    ...notes.map((note) => {
      const paragraph = element('p', [note]);
      paragraph.className = 'note';
      return paragraph;
    }),
  ]);
}

function classOf(column: string, text: string, isBody: boolean, isNumber: boolean): string {
  if (isNumber) return 'number';
  if (column === 'system' || column === 'because') return 'text';
  if (column !== 'verdict' || !isBody || text === 'open') return '';
  return text === 'fits' ? 'fits' : 'found';
}

function element(name: string, children: readonly (Node | string)[]): HTMLElement {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}
