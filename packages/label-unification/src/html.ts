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

/** A table; every cell is a text that is escaped here. Numbers stand right, broken ones with three decimals. */
export function htmlTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const shown = (value: string | number) =>
    typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(3) : String(value);
  const cell = (tag: string, text: string, isNumber: boolean) =>
    `<${tag}${isNumber ? ' class="number"' : ''}>${escapeHtml(text)}</${tag}>`;
  const names = head.map((name, i) => cell('th', name, typeof rows[0]?.[i] === 'number'));
  const body = rows.map((row) => row.map((value) => cell('td', shown(value), typeof value === 'number')));
  return `<table><thead><tr>${names.join('')}</tr></thead><tbody>\n${body.map((cells) => `<tr>${cells.join('')}</tr>`).join('\n')}\n</tbody></table>`;
}
