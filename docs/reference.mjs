// Writes the reference, docs/reference: a page for each entry of each published package, made from its source. `node docs/reference.mjs`
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application } from 'typedoc';
import { readWorkspace } from '../checks/src/workspace.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'docs/reference');
const entries = Object.assign({}, ...readWorkspace(root).map((one) => (one.manifest.private ? {} : one.entries)));
// The entries for tests, and the one that is all of tfjs, are told in READMEs.
const forUsers = Object.entries(entries).filter(([name]) => !/\/(test|tfjs-node)$/.test(name));

const app = await Application.bootstrapWithPlugins({
  plugin: ['typedoc-plugin-markdown'],
  entryPoints: forUsers.map(([, file]) => join(root, file)),
  basePath: root,
  tsconfig: join(root, 'docs/tsconfig.json'),
  compilerOptions: {
    paths: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, [join(root, file)]])),
  },
  outputs: [{ name: 'markdown', path: out }],
  outputFileStrategy: 'modules',
  entryFileName: 'index',
  readme: 'none',
  disableSources: true,
  disableGit: true,
  excludeInternal: true,
  skipErrorChecking: true,
  validation: false,
  logLevel: 'Error',
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useHTMLEncodedBrackets: true,
  parametersFormat: 'table',
  propertyMembersFormat: 'table',
  typeDeclarationFormat: 'table',
});
const project = await app.convert();
const nameOf = new Map(forUsers.map(([name, file]) => [file.replace(/(\/index)?\.ts$/, ''), name]));
for (const module of project.children) module.name = nameOf.get(module.name);
rmSync(out, { recursive: true, force: true });
await app.generateOutputs(project);
process.exitCode = app.logger.hasErrors() ? 1 : 0;
