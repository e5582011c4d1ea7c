import { join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import { importsOf, roomOf } from './architecture.mjs';
import { forbidden, misnamed, undeclared, unusedDirections } from './import-rules.mjs';
import { readWorkspace } from './workspace.mjs';

/**
 * What is wrong with the imports of a checkout, a line each: against the directions of `architecture.mjs`, in a circle (of types too), of what is
 * not there, or of a module of Node behind an entry for browsers. Looks at the source; nothing has to be built.
 */
export async function checkImports(root) {
  const workspace = readWorkspace(root);
  const folders = workspace.map(({ folder }) => folder);
  const options = {
    ruleSet: { forbidden: forbidden(workspace) },
    validate: true,
    baseDir: root,
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|python|results)/' },
  };
  const alias = workspace.flatMap(({ entries }) =>
    Object.entries(entries).map(([name, file]) => ({ name, alias: join(root, file), onlyModule: true })),
  );
  const resolving = {
    alias,
    extensions: ['.ts', '.js'],
    exportsFields: ['exports'],
    conditionNames: ['import', 'default'],
  };
  const { output } = await cruise(folders, options, resolving);
  const { modules, summary } = output;
  const faults = [...misnamed(workspace), ...summary.violations.map(describe), ...undeclared(workspace, modules)];
  return [...new Set(faults), ...unusedDirections(modules)];
}

/** One line on what broke a rule. */
function describe({ rule, from, to, cycle, via }) {
  const path = (steps) => steps.map(({ name }) => name).join(' -> ');
  if (rule.name === 'circle') return `a circle: ${path(fromFirst(cycle))}`;
  if (rule.name === 'pure') return `${from} is for browsers and needs ${to}: ${path(via)}`;
  if (rule.name === 'unresolved') return `${from} imports ${to}, which is not there`;
  if (rule.name === 'test') return `${from} imports ${to}, which is for tests`;
  if (rule.name === 'direction of tests') return `${from} imports ${to}, which stands on it or is no entry`;
  const [here, there] = [roomOf(from), roomOf(to)];
  const why = importsOf(here).includes(there) ? `${to} is no entry of its package` : `${here} may not import ${there}`;
  return `${from} imports ${to}: ${why}`;
}

/** A circle from the alphabetically first of its files on, so that each is told once. */
function fromFirst(cycle) {
  const names = cycle.map(({ name }) => name);
  const first = names.indexOf([...names].sort()[0]);
  return [...cycle.slice(first), ...cycle.slice(0, first), cycle[first]];
}
