import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import satisfies from 'spdx-satisfies';
import { readWorkspace } from './workspace.mjs';

/** What may be used, changed and passed on by everyone, with the notice kept. */
const PERMISSIVE = [
  ...['MIT', 'MIT-0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0', 'Zlib'],
  ...['CC0-1.0', 'Unlicense', 'Python-2.0', 'CC-BY-3.0', 'CC-BY-4.0'],
];
const COPYLEFT = /GNU\s+(LESSER\s+|LIBRARY\s+|AFFERO\s+)?GENERAL\s+PUBLIC\s+LICENSE/i;

/** What is used all the same: its whole licence, compiled code counted, and why. A package that is not needed any more is told. */
const EXCEPTIONS = {};

/**
 * The packages, as installed, that the published packages and the apps need to run: their dependencies, peers that are not optional, and
 * so on. Optional ones as far as they are installed here.
 */
export function productionTree(root) {
  const found = new Map();
  const visit = (folder, by) => {
    if (found.has(folder)) return;
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    found.set(folder, { folder, name: manifest.name, version: manifest.version, by, licence: licenceOf(folder, manifest) });
    const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta = {} } = manifest;
    const peers = Object.keys(peerDependencies ?? {}).filter((name) => !peerDependenciesMeta[name]?.optional);
    for (const name of new Set([...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers])) {
      const next = installed(folder, name);
      if (next) visit(next, manifest.name);
    }
  };
  const workspace = readWorkspace(root).filter(({ folder }) => folder !== 'benchmarks');
  const own = new Set(workspace.map(({ manifest }) => manifest.name));
  for (const { folder } of workspace) visit(realpathSync(join(root, folder)), 'us');
  return [...found.values()].filter(({ name }) => !own.has(name)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Where Node finds a package from a folder. */
function installed(folder, name) {
  for (let at = folder; ; at = dirname(at)) {
    const place = join(at, 'node_modules', name);
    if (existsSync(join(place, 'package.json'))) return realpathSync(place);
    if (at === dirname(at)) return undefined;
  }
}

/** As the manifest says it; with the GNU licence that only a file beside it speaks of. */
function licenceOf(folder, { license, licenses }) {
  const listed = (licenses ?? []).map((one) => one.type ?? one).join(' OR ');
  const said = (typeof license === 'string' ? license : license?.type) || listed || 'none';
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying)/i.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
  return !/GPL/.test(said) && texts.some((text) => COPYLEFT.test(text)) ? `${said} AND a GNU licence` : said;
}

/** Packages of a production tree that are not permissive and no exception, and exceptions that are none; a line each. */
export function licenceFaults(tree, exceptions = EXCEPTIONS) {
  const forbidden = tree.filter(({ name, licence }) => !isPermissive(licence) && !exceptions[name]);
  const unused = Object.keys(exceptions).filter((name) => !tree.some((one) => one.name === name));
  return [
    ...forbidden.map(({ name, version, licence, by }) => `${name} ${version}, which ${by} needs: ${licence}`),
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

/** Every licence with its packages, the most common first, then the exceptions with their reasons. */
export function licenceList(tree, exceptions = EXCEPTIONS) {
  const groups = {};
  for (const { name, licence } of tree.filter((one) => !exceptions[one.name])) (groups[licence] ??= []).push(name);
  const lines = Object.entries(groups)
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([licence, names]) => `${licence} (${names.length}): ${names.join(', ')}`);
  const named = tree.filter(({ name }) => exceptions[name]);
  return [
    ...lines,
    ...named.map(({ name }) => `exception ${name} (${exceptions[name].licence}): ${exceptions[name].reason}`),
    `${tree.length} packages`,
  ];
}

/** Prints what is needed to run, by licence; what is not permissive comes back. */
export function checkLicences(root) {
  const tree = productionTree(root);
  for (const line of licenceList(tree)) console.log(line);
  return licenceFaults(tree);
}
