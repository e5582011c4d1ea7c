import type { Block, Table } from './document';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text as it stands in HTML, in an element or in a quoted attribute; control characters, which HTML has no place for, become U+FFFD. */
export const escapeHtml = (text: string): string =>
  text.replace(/(?![\t\n\r])\p{Cc}/gu, '\ufffd').replace(/[&<>"']/g, (found) => ENTITIES[found]!);

/** A page that is whole by itself. Every text is escaped here. */
export function toHtml(title: string, blocks: readonly Block[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escapeHtml(title)}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222; }
figure { margin: 0; }
table { border-collapse: collapse; margin: 0.5rem 0 1.5rem; }
th, td { border-bottom: 1px solid #ddd; padding: 0.25rem 0.6rem; text-align: left; vertical-align: top; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.warning { background: #fff3cd; border: 1px solid #e0b400; padding: 0.6rem 1rem; }
</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${blocks.map(htmlOf).join('\n')}
</body>
</html>
`;
}

function htmlOf(block: Block): string {
  if ('heading' in block) return `<h2>${escapeHtml(block.heading)}</h2>`;
  if ('plot' in block) return block.plot;
  if ('lines' in block) return `<ul>${block.lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>`;
  if ('table' in block) return tableHtml(block.table);
  if ('warning' in block) return `<p class="warning"><strong>${escapeHtml(block.warning)}.</strong></p>`;
  return `<p>${escapeHtml(block.text)}</p>`;
}

/** Columns whose cells are all numbers, or empty, stand right. */
function tableHtml({ head, rows }: Table): string {
  const isNumber = head.map((_, i) => rows.length > 0 && rows.every((row) => /^-?[\d.,]*$/.test(row[i]!)));
  const cell = (tag: string, text: string, i: number) =>
    `<${tag}${isNumber[i] ? ' class="number"' : ''}>${escapeHtml(text)}</${tag}>`;
  const line = (tag: string, row: readonly string[]) => `<tr>${row.map((text, i) => cell(tag, text, i)).join('')}</tr>`;
  return `<table><thead>${line('th', head)}</thead><tbody>\n${rows.map((row) => line('td', row)).join('\n')}\n</tbody></table>`;
}
