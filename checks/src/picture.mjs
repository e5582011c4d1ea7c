// Draws docs/packages.svg from ROOMS: `pnpm picture`. The check compares that file with what this would write.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Graphviz } from '@hpcc-js/wasm-graphviz';
import { importsOf, PURE, ROOMS, reachableFrom } from './architecture.mjs';

const FILE = 'docs/packages.svg';
const ROW = 76;
const MARGIN = 24;
const BOX = 34;
const TITLE = 'Which package imports which: programs above, layers and files below';
const KINDS = { web: 'runs in a browser too', node: 'runs on Node alone', program: 'a program' };

const STYLE = `
  svg { --paper: #ffffff; --ink: #1f2933; --line: #6b7785; --web: #dbeafe; --node: #fde7d3; --program: #e4e7eb; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #161b22; --ink: #e6edf3; --line: #8b949e; --web: #1c3f6e; --node: #5b3c1c; --program: #38404a; }
  }
  .paper { fill: var(--paper); }
  rect { stroke: var(--line); }
  .paper { stroke: none; }
  .web { fill: var(--web); }
  .node { fill: var(--node); }
  .program { fill: var(--program); }
  text { fill: var(--ink); font: 14px Helvetica, Arial, sans-serif; text-anchor: middle; }
  .note { font-size: 12px; text-anchor: start; }
  .arrow { fill: none; stroke: var(--line); stroke-width: 1.3; marker-end: url(#head); }
  .head { fill: var(--line); }
`;

/** A line if the picture in a checkout is not the one that its rules make. */
export async function checkPicture(root) {
  const file = join(root, FILE);
  if (existsSync(file) && readFileSync(file, 'utf8') === (await drawPicture())) return [];
  return [`${FILE} is not what ROOMS says`];
}

/** The picture: a box for each room, by rows; an arrow from a room to each that it imports, unless other arrows lead there. */
async function drawPicture() {
  const graphviz = await Graphviz.load();
  const { width, height, boxes, arrows } = readPlain(graphviz.dot(toDot(), 'plain'));
  const [w, h] = [width + 2 * MARGIN, height + 2 * MARGIN + 44];
  const legend = Object.entries(KINDS).flatMap(([kind, text], i) => {
    const [x, y] = [MARGIN + i * 190, h - 42];
    return [
      `<rect class="${kind}" x="${x}" y="${y}" width="18" height="12" rx="3"/>`,
      `<text class="note" x="${x + 26}" y="${y + 10}">${text}</text>`,
    ];
  });
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}">`,
    `<title>${TITLE}</title>`,
    `<style>${STYLE}</style>`,
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="head" d="M0 0 8 4 0 8z"/></marker></defs>',
    `<rect class="paper" width="${w}" height="${h}"/>`,
    ...arrows.map(([start, ...points]) => `<path class="arrow" d="M${start} C${points.join(' ')}"/>`),
    ...boxes.flatMap(({ name, x, y, width }) => [
      `<rect class="${kindOf(name)}" x="${round(x - width / 2)}" y="${round(y - BOX / 2)}" width="${round(width)}" height="${BOX}" rx="8"/>`,
      `<text x="${round(x)}" y="${round(y + 5)}">${name}</text>`,
    ]),
    ...legend,
    `<text class="note" x="${MARGIN}" y="${h - 12}">An arrow leads to what is imported; what other arrows lead to has none of its own.</text>`,
    '</svg>',
  ].join('\n')}\n`;
}

function toDot() {
  const names = Object.keys(ROOMS);
  const rows = [...new Set(names.map((name) => ROOMS[name].row))].sort((a, b) => b - a);
  const inRow = (row) => names.filter((name) => ROOMS[name].row === row).map((name) => `"${name}"`);
  const heads = rows.map((row) => inRow(row)[0]);
  return `digraph {
    graph [nodesep=0.3 ranksep=${(ROW - BOX) / 72}]
    edge [arrowhead=none]
    node [shape=box height=${BOX / 72} fontname=Helvetica fontsize=14 margin="0.16,0"]
    ${rows.map((row) => `{ rank=same ${inRow(row).join(' ')} }`).join('\n')}
    ${heads.join(' -> ')} [style=invis]
    ${names.flatMap((name) => directImports(name).map((other) => `"${name}" -> "${other}"`)).join('\n')}
  }`;
}

/** What a room imports and no room that it imports leads to. */
function directImports(room) {
  const further = reachableFrom(importsOf(room).flatMap(importsOf));
  return importsOf(room).filter((other) => !further.has(other));
}

function kindOf(room) {
  if (room === 'benchmarks' || room.startsWith('apps/')) return 'program';
  return PURE.includes(room) ? 'web' : 'node';
}

/** Graphviz's plain text, in inches from the bottom left, as pixels from the top left. */
function readPlain(plain) {
  const lines = plain.split('\n').map((line) => line.match(/"[^"]*"|\S+/g) ?? []);
  const [, , width, height] = lines.find(([kind]) => kind === 'graph').map(Number);
  const [left, top] = [(x) => Number(x) * 72 + MARGIN, (y) => (height - Number(y)) * 72 + MARGIN];
  const boxes = lines.filter(([kind]) => kind === 'node');
  const arrows = lines.filter(([kind, , , , ...rest]) => kind === 'edge' && !rest.includes('invis'));
  return {
    width: Math.ceil(width * 72),
    height: Math.ceil(height * 72),
    boxes: boxes.map(([, name, x, y, w]) => ({ name: name.replaceAll('"', ''), x: left(x), y: top(y), width: w * 72 })),
    arrows: arrows.map(([, , , count, ...rest]) =>
      Array.from({ length: count }, (_, i) => `${round(left(rest[2 * i]))} ${round(top(rest[2 * i + 1]))}`),
    ),
  };
}

const round = (value) => Math.round(value * 10) / 10;

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(fileURLToPath(new URL(`../../${FILE}`, import.meta.url)), await drawPicture());
