import type { Block, Table } from './document';

/** The tables among blocks as LaTeX for the package booktabs, one after another. */
export const toLatex = (blocks: readonly Block[]): string =>
  blocks.flatMap((block) => ('table' in block ? [tableText(block.table)] : [])).join('\n');

function tableText({ head, rows }: Table): string {
  const line = (cells: readonly string[]) => `${cells.map(escapeLatex).join(' & ')} \\\\`;
  return [
    `\\begin{tabular}{${head.map((_, i) => (i === 0 ? 'l' : 'r')).join('')}}`,
    '\\toprule',
    line(head),
    '\\midrule',
    ...rows.map(line),
    '\\bottomrule',
    '\\end{tabular}',
    '',
  ].join('\n');
}

const SPECIAL: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '±': '$\\pm$',
  '−': '$-$',
};

/** A text as LaTeX sets it; what is a command there is none here, and control characters are gone. */
export const escapeLatex = (text: string): string =>
  text.replace(/\p{Cc}+/gu, ' ').replace(/[\\~^±−&%$#_{}]/g, (found) => SPECIAL[found] ?? `\\${found}`);
