// Which package may import which: the one place. The check of imports and docs/packages.svg are both made from it.

/**
 * The rooms of the house, each with the rooms whose entries its source may import. A room is a package, or the part of one that `files` names;
 * `all below` means every room of a lower row. `row` is also the room's place in the picture, from the bottom.
 *
 * Tests (see {@link TESTS}) may besides import what does not stand on their own package.
 */
export const ROOMS = {
  files: { row: 0, imports: [] },
  nn: { row: 0, imports: [] },
  losses: { row: 0, imports: [] },
  metrics: { row: 0, imports: [] },
  'datasets/sample': { row: 0, files: '(sample|vocabularies)\\.ts', imports: [] },

  audio: { row: 1, imports: ['files'] },
  backend: { row: 1, imports: ['files'] },
  'metrics/check': { row: 1, files: '((cli|command|run-check)\\.ts|page/)', imports: ['files', 'metrics'] },
  moe: { row: 1, imports: ['nn'] },
  fusion: { row: 1, imports: ['nn'] },
  encoders: { row: 1, imports: ['nn'] },

  datasets: { row: 2, imports: ['audio', 'datasets/sample', 'files'] },
  'encoders/node': { row: 2, files: '(node/|(node|onnx|onnx-worker)\\.ts)', imports: ['encoders', 'files', 'nn'] },
  model: { row: 2, imports: ['datasets/sample', 'encoders', 'fusion', 'losses', 'metrics', 'moe', 'nn'] },

  report: { row: 3, imports: ['datasets', 'metrics', 'moe'] },
  baselines: { row: 3, imports: ['datasets/sample', 'encoders', 'files', 'metrics', 'model'] },
  'label-unification': {
    row: 4,
    imports: ['backend', 'datasets', 'encoders', 'encoders/node', 'files', 'nn', 'report'],
  },
  'training/explanations': {
    row: 3,
    files: '(answers|batch-gates|explanations)\\.ts',
    imports: ['datasets/sample', 'metrics', 'model', 'moe', 'nn'],
  },
  training: { row: 5, imports: 'all below' },
  studies: { row: 6, imports: ['files', 'metrics', 'model', 'nn', 'report', 'training'] },
  'apps/trainer': { row: 7, imports: 'all below' },
  'apps/eval': { row: 7, imports: 'all below' },
  benchmarks: { row: 7, imports: 'all below' },
};

/** Entries that a browser may load: no module of Node is behind them. */
export const PURE = [
  ...['nn', 'moe', 'fusion', 'losses', 'metrics', 'encoders', 'model'],
  ...['datasets/sample', 'datasets/vocabularies', 'backend/web', 'training/explanations'],
];

/** Files for tests alone: tests, what stands beside them, and the entries `/test`. */
export const TESTS = '\\.test\\.ts$|/test\\.ts$|/test-[^/]*\\.ts$|/(__fixtures__|test|testing|fuzz)/';

/** The rooms that a room's source may import, by name. */
export function importsOf(room) {
  const { row, imports } = ROOMS[room];
  if (imports !== 'all below') return imports;
  return Object.keys(ROOMS).filter((name) => ROOMS[name].row < row);
}

/** Every room that these lead to by imports, themselves included. */
export function reachableFrom(rooms) {
  const reached = new Set();
  const visit = (room) => {
    if (reached.has(room)) return;
    reached.add(room);
    importsOf(room).forEach(visit);
  };
  rooms.forEach(visit);
  return reached;
}

/** Whether an entry, by the name that others import, is one that a browser may load. */
export const isPure = (entry) => PURE.includes(entry.replace('@mmolre/', ''));

/** The folder of a room's package. */
export function folderOf(room) {
  const [first, second] = room.split('/');
  if (first === 'apps') return `apps/${second}`;
  return first === 'benchmarks' ? first : `packages/${first}`;
}

/** A pattern for the files of a room: a part of a package without the rest, or a package without the parts that are rooms of their own. */
export function filesOf(room) {
  const folder = folderOf(room);
  if (ROOMS[room].files) return `^${folder}/src/${ROOMS[room].files}`;
  const parts = Object.keys(ROOMS).filter((name) => name !== room && folderOf(name) === folder);
  return `^${folder}/${parts.map((name) => `(?!src/${ROOMS[name].files})`).join('')}`;
}

/** The room that a file is in, or undefined. */
export const roomOf = (file) => Object.keys(ROOMS).find((room) => new RegExp(filesOf(room)).test(file));
