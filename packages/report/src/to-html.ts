import type { Block, Fact, Plot, Table, UtteranceFacts } from './document';
import { STYLE } from './style';
import { waveform } from './waveform';

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

/** What a page may do: nothing but what it holds itself, and no script. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; base-uri 'none'; form-action 'none'";

/**
 * A page that is whole by itself, light or dark as the reader has it. Every text is escaped here, and has an element of its
 * own, which browsers isolate from the direction of another.
 */
export function toHtml(title: string, blocks: readonly Block[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${blocks.map(htmlOf).join('\n')}
</main>
</body>
</html>
`;
}

function htmlOf(block: Block): string {
  if ('heading' in block) {
    const id = block.anchor === undefined ? '' : ` id="${escapeHtml(block.anchor)}"`;
    return `<h2${id}>${escapeHtml(block.heading)}</h2>`;
  }
  if ('plots' in block) return `<div class="plots">${block.plots.map(plotHtml).join('\n')}</div>`;
  if ('lines' in block) return `<ul>${block.lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>`;
  if ('table' in block) return tableHtml(block.table);
  if ('warning' in block) return `<p class="warning"><strong>${escapeHtml(block.warning)}.</strong></p>`;
  if ('facts' in block) return `<dl>${block.facts.map(factHtml).join('\n')}</dl>`;
  if ('utterances' in block) return `<div class="utterances">${block.utterances.map(utteranceHtml).join('\n')}</div>`;
  return `<p>${escapeHtml(block.text)}</p>`;
}

const plotHtml = ({ title, html }: Plot) => `<figure><figcaption>${escapeHtml(title)}</figcaption>${html}</figure>`;

const factHtml = ([name, value, address]: Fact) =>
  `<dt>${escapeHtml(name)}</dt><dd>${address === undefined ? escapeHtml(value) : `<a href="${escapeHtml(address)}">${escapeHtml(value)}</a>`}</dd>`;

function utteranceHtml({ id, text, sound, lines }: UtteranceFacts): string {
  const player = sound && [
    waveform(sound.peaks),
    `<audio controls preload="none" aria-label="${escapeHtml(id)}" src="data:audio/wav;base64,${escapeHtml(sound.wav)}"></audio>`,
  ];
  return `<article><h3>${escapeHtml(id)}</h3>
${text ? `<blockquote dir="auto">${escapeHtml(text)}</blockquote>` : ''}
${player ? player.join('\n') : ''}
<ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul></article>`;
}

/** Columns whose cells are all numbers, or empty or undefined, stand right. What is too wide can be moved, by keys too. */
function tableHtml({ head, rows, anchors }: Table): string {
  const isNumber = head.map((_, i) => rows.length > 0 && rows.every((row) => /^(-?[\d.,]*|undefined)$/.test(row[i]!)));
  const cell = (tag: string, html: string, i: number) =>
    `<${tag}${isNumber[i] ? ' class="number"' : ''}${tag === 'th' ? ' scope="col"' : ''}>${html}</${tag}>`;
  const body = rows.map((row, r) => {
    const anchor = anchors?.[r];
    const cells = row.map((text, i) => {
      const html = escapeHtml(text);
      return cell('td', i === 0 && anchor ? `<a href="#${escapeHtml(anchor)}">${html}</a>` : html, i);
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  const top = head.map((text, i) => cell(text ? 'th' : 'td', escapeHtml(text), i)).join('');
  return `<div class="table" role="group" aria-label="${escapeHtml(head[0] || 'table')}" tabindex="0"><table><thead><tr>${top}</tr></thead><tbody>
${body.join('\n')}
</tbody></table></div>`;
}
