import { type Block, type Table, utteranceLine } from './document';

/** Blocks as Markdown, an empty line between them; a heading that comes first is the title. */
export const toMarkdown = (blocks: readonly Block[]): string =>
  `${blocks.map((block, i) => textOf(block, i === 0)).join('\n\n')}\n`;

function textOf(block: Block, isFirst: boolean): string {
  if ('heading' in block) return `${isFirst ? '#' : '##'} ${block.heading}`;
  if ('lines' in block) return block.lines.map((line) => `- ${line}`).join('\n');
  if ('table' in block) return tableText(block.table);
  if ('warning' in block) return `Warning: ${block.warning}.`;
  if ('facts' in block) return block.facts.map(([name, value]) => `- ${name}: ${value}`).join('\n');
  if ('utterances' in block) return block.utterances.map((one) => `- ${utteranceLine(one)}`).join('\n');
  return block.text;
}

function tableText({ head, rows }: Table): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')));
  const widths = head.map((_, i) => Math.max(3, ...cells.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`;
  const under = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(cells[0]!), line(under), ...cells.slice(1).map(line)].join('\n');
}
