import CliTable from 'cli-table3';
import { type Block, type Table, utteranceLine } from './document';

/** Blocks as text for a terminal, a line feed at its end; an empty line between two tables. */
export const toTerminal = (blocks: readonly Block[]): string =>
  blocks.map((block, i) => `${isTable(block) && isTable(blocks[i - 1]) ? '\n' : ''}${textOf(block)}\n`).join('');

const isTable = (block: Block | undefined) => block !== undefined && 'table' in block;

function textOf(block: Block): string {
  if ('heading' in block) return block.heading;
  if ('lines' in block) return block.lines.join('\n');
  if ('table' in block) return tableText(block.table);
  if ('warning' in block) return `warning: ${block.warning}`;
  if ('facts' in block) return block.facts.map(([name, value]) => `${name}: ${value}`).join('\n');
  if ('utterances' in block) return block.utterances.map(utteranceLine).join('\n');
  return block.text;
}

/** Columns with two spaces between, and a rule under the head. */
const CHARS = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right', 'left', 'left-mid']
    .concat(['mid', 'mid-mid', 'right', 'right-mid'])
    .map((name) => [name, '']),
);

function tableText({ head, rows }: Table): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const table = new CliTable({
    chars: { ...CHARS, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')),
  });
  table.push(
    [...head],
    widths.map((width) => '-'.repeat(width)),
    ...rows.map((row) => [...row]),
  );
  return table.toString();
}
