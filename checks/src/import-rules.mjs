import { builtinModules } from 'node:module';
import { filesOf, folderOf, importsOf, isPure, PURE, ROOMS, reachableFrom, roomOf, TESTS } from './architecture.mjs';

const OURS = '^(packages|apps|benchmarks)/';
const BUILTIN = `^(node:)?(${builtinModules.join('|')})$`;

/** The rules for dependency-cruiser. */
export function forbidden(workspace) {
  const entries = workspace.flatMap((one) => Object.entries(one.entries));
  const pure = entries.filter(([name]) => isPure(name));
  return [
    { name: 'circle', from: {}, to: { circular: true } },
    { name: 'unresolved', from: {}, to: { couldNotResolve: true } },
    { name: 'pure', from: { path: pure.map(([, file]) => exactly(file)) }, to: { path: BUILTIN, reachable: true } },
    { name: 'test', from: { path: OURS, pathNot: TESTS }, to: { path: `${OURS}.*(${TESTS})` } },
    ...Object.keys(ROOMS).map((room) => {
      const may = importsOf(room).map((other) => (folderOf(other) === folderOf(room) ? filesOf(other) : door(other)));
      const from = { path: filesOf(room), pathNot: TESTS };
      return { name: 'direction', from, to: { path: OURS, pathNot: [TESTS, filesOf(room), ...may] } };
    }),
    ...workspace.map(({ folder }) => {
      const may = workspace
        .filter((other) => !standsOn(other.folder, folder))
        .flatMap(({ entries }) => Object.values(entries));
      const from = { path: `^(?=${folder}/).*(${TESTS})` };
      return { name: 'direction of tests', from, to: { path: OURS, pathNot: [`^${folder}/`, ...may.map(exactly)] } };
    }),
  ];

  /** The entries of another package that are in a room. */
  function door(room) {
    const files = entries.map(([, file]) => file).filter((file) => roomOf(file) === room);
    return files.length > 0 ? files.map(exactly).join('|') : '^$';
  }
}

/** What `architecture.mjs` names and is not there, and what is there and not named. */
export function misnamed(workspace) {
  const folders = workspace.map(({ folder }) => folder);
  const rooms = [...new Set(Object.keys(ROOMS).map(folderOf))];
  const entries = workspace.flatMap((one) => Object.keys(one.entries));
  return [
    ...folders.filter((folder) => !rooms.includes(folder)).map((folder) => `${folder} is in no room of ROOMS`),
    ...rooms.filter((folder) => !folders.includes(folder)).map((folder) => `ROOMS has ${folder}, which is not there`),
    ...PURE.filter((name) => !entries.includes(`@mmolre/${name}`)).map((name) => `PURE has ${name}, which is no entry`),
  ];
}

/** Packages of ours that a file imports and its package's manifest does not name; source needs them to be more than development's. */
export function undeclared(workspace, modules) {
  const manifestOf = new Map(workspace.map(({ folder, manifest }) => [folder, manifest]));
  const folders = [...manifestOf.keys()];
  const folderAt = (file) => folders.find((folder) => file.startsWith(`${folder}/`));
  return modules.flatMap(({ source, dependencies }) => {
    const folder = folderAt(source);
    if (!folder) return [];
    const { dependencies: own, peerDependencies, devDependencies } = manifestOf.get(folder);
    const declared = { ...own, ...peerDependencies, ...(isTest(source) && devDependencies) };
    return dependencies
      .map(({ resolved }) => folderAt(resolved))
      .filter((other) => other && other !== folder && !declared[manifestOf.get(other).name])
      .map(
        (other) => `${source} imports ${manifestOf.get(other).name}, which ${folder}/package.json does not depend on`,
      );
  });
}

/** Directions that a room's list allows and its source never takes: the picture would show them. */
export function unusedDirections(modules) {
  const taken = new Set();
  for (const { source, dependencies } of modules)
    if (!isTest(source)) for (const { resolved } of dependencies) taken.add(`${roomOf(source)} ${roomOf(resolved)}`);
  return Object.keys(ROOMS)
    .filter((room) => Array.isArray(ROOMS[room].imports))
    .flatMap((room) =>
      ROOMS[room].imports.filter((other) => !taken.has(`${room} ${other}`)).map((other) => [room, other]),
    )
    .map(([room, other]) => `ROOMS lets ${room} import ${other}, which it never does: take that out`);
}

/** Whether source of one folder imports, at last, source of another. */
function standsOn(folder, other) {
  const reached = reachableFrom(Object.keys(ROOMS).filter((room) => folderOf(room) === folder));
  return folder !== other && [...reached].some((room) => folderOf(room) === other);
}

const isTest = (file) => new RegExp(TESTS).test(file);
const exactly = (file) => `^${file.replaceAll('.', '\\.')}$`;
