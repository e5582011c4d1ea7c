// `pnpm licences` writes THIRD_PARTY.md. The check compares that file with what this would write.
import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import satisfies from 'spdx-satisfies';
import { readWorkspace } from './workspace.mjs';

const FILE = 'THIRD_PARTY.md';

/** What may be used, changed and passed on by everyone, with the notice kept. */
const PERMISSIVE = [
  ...['MIT', 'MIT-0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0', 'Zlib'],
  ...['CC0-1.0', 'Unlicense', 'NIST-Software'],
];
const COPYLEFT_TEXT = /GNU\s+(LESSER\s+|LIBRARY\s+|AFFERO\s+)?GENERAL\s+PUBLIC\s+LICENSE/i;

/** Licences that a manifest does not tell: those of code that is compiled in, and words that are no expression of SPDX's. */
const CORRECTIONS = {
  // libmpg123
  'mpg123-decoder': 'MIT AND LGPL-2.1-only',
  // libogg, libopus, libvorbis, and those of video that are not used: libtheora, libvpx, dav1d, nestegg
  ogv: 'MIT AND BSD-3-Clause AND BSD-2-Clause AND ISC',
  // "SEE LICENSE IN LICENSE.txt": NIST's, and that of the HDF5 library, three clauses as BSD's
  h5wasm: 'NIST-Software AND BSD-3-Clause',
};

/** What is built into a package of ours, and so installed by nobody; where each is found from the one before. */
const BUILT_IN = { '@mmolre/backend': ['@tensorflow/tfjs-node-gpu', 'google-protobuf', 'progress'] };

/**
 * What is used though it is not permissive, and why. Never under the GPL.
 *
 * @type {Record<string, string>}
 */
const EXCEPTIONS = {
  'mpg123-decoder':
    'no decoder of mp3 on npm is permissive, kept, and gives more than 16 bits; LGPL code in a package of its own, which anyone can replace',
};

/**
 * The packages, as installed, that the published packages and the apps need to run: their dependencies, peers that are not optional, and
 * so on. Optional ones as far as they are installed here.
 */
export function productionTree(root) {
  const found = new Map();
  const visit = (folder, by) => {
    if (found.has(folder)) return;
    const manifest = manifestOf(folder);
    const { name, version } = manifest;
    const isForOneSystem = Boolean(manifest.os ?? manifest.cpu);
    found.set(folder, { name, version, by, isForOneSystem, licence: licenceOf(folder, manifest) });
    let from = folder;
    for (const part of BUILT_IN[name] ?? []) {
      const place = installed(from, part);
      if (part.startsWith('@')) from = place;
      const built = manifestOf(place);
      found.set(place, { name: part, version: built.version, by: name, licence: licenceOf(place, built) });
    }
    const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta = {} } = manifest;
    const peers = Object.keys(peerDependencies ?? {}).filter((name) => !peerDependenciesMeta[name]?.optional);
    for (const needed of new Set([...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers])) {
      const next = installed(folder, needed);
      if (next) visit(next, name);
      else if (!optionalDependencies?.[needed])
        found.set(`${folder} ${needed}`, { name: needed, by: name, licence: 'not installed' });
    }
  };
  const workspace = readWorkspace(root).filter(({ folder }) => folder !== 'benchmarks');
  const own = new Set(workspace.map(({ manifest }) => manifest.name));
  for (const { folder } of workspace) visit(realpathSync(join(root, folder)), 'us');
  return [...found.values()]
    .filter(({ name }) => !own.has(name))
    .sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1));
}

const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** Where Node finds a package from a folder. */
function installed(folder, name) {
  for (let at = folder; ; at = dirname(at)) {
    const place = join(at, 'node_modules', name);
    if (existsSync(join(place, 'package.json'))) return realpathSync(place);
    if (at === dirname(at)) return undefined;
  }
}

/** As the manifest says it; with the GNU licence that only a file beside it speaks of. */
function licenceOf(folder, { name, license, licenses }) {
  if (CORRECTIONS[name]) return CORRECTIONS[name];
  const listed = (licenses ?? []).map((one) => one.type ?? one).join(' OR ');
  const said = (typeof license === 'string' ? license : license?.type) || listed || 'none';
  const texts = readdirSync(folder, { withFileTypes: true })
    .filter((file) => file.isFile() && /^(licen[cs]e|copying)/i.test(file.name))
    .map((file) => readFileSync(join(folder, file.name), 'utf8'));
  return !/GPL/.test(said) && texts.some((text) => COPYLEFT_TEXT.test(text)) ? `${said} AND a GNU licence` : said;
}

/** Packages of a production tree that are not permissive and no exception, and exceptions that are none; a line each. */
export function licenceFaults(tree, exceptions = EXCEPTIONS) {
  const forbidden = tree.filter(
    ({ name, licence }) => !isPermissive(licence) && !(exceptions[name] && !/(^|[^L])GPL/.test(licence)),
  );
  const unused = Object.keys(exceptions).filter((name) => !tree.some((one) => one.name === name));
  return [
    ...forbidden.map(
      ({ name, version, licence, by }) => `${version ? `${name} ${version}` : name}, which ${by} needs: ${licence}`,
    ),
    ...unused.map((name) => `${name} is an exception in checks/src/licences.mjs that nothing needs: take that out`),
  ];
}

function isPermissive(licence) {
  try {
    return satisfies(licence, PERMISSIVE);
  } catch {
    return false; // no expression of SPDX's
  }
}

/** Prints what is needed to run, by licence, the most common first; what is not permissive comes back. */
export function checkLicences(root) {
  const tree = productionTree(root);
  const groups = [...new Set(tree.map(({ licence }) => licence))].map((licence) => ({
    licence,
    names: [...new Set(tree.filter((one) => one.licence === licence).map(({ name }) => name))],
  }));
  for (const { licence, names } of groups.sort((a, b) => b.names.length - a.names.length))
    console.log(`${licence} (${names.length}): ${names.join(', ')}`);
  for (const [name, reason] of Object.entries(EXCEPTIONS)) console.log(`exception ${name}: ${reason}`);
  const file = join(root, FILE);
  const isCurrent = existsSync(file) && readFileSync(file, 'utf8') === thirdParty(tree);
  return [
    ...licenceFaults(tree),
    ...(isCurrent ? [] : [`${FILE} is not what is installed: \`pnpm licences\` writes it anew`]),
  ];
}

/** What is needed to run, a row each, as Markdown. Binaries for one system are left out, so that it is the same on each. */
export function thirdParty(tree) {
  const needed = tree.filter(({ isForOneSystem }) => !isForOneSystem);
  const rows = [
    ['package', 'version', 'licence'],
    ...needed.map(({ name, version, licence }) => [name, version, licence]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const [head, ...body] = rows.map(line);
  return `${[
    '# Third-party software',
    '',
    'What the packages and the apps need to run, as npm gives it. Written by `pnpm licences`. Each brings the text of its licence.',
    '',
    head,
    line(widths.map((width) => '-'.repeat(width))),
    ...new Set(body),
  ].join('\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  writeFileSync(join(root, FILE), thirdParty(productionTree(root)));
}
