import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { lastLine, requirePython, runProgram, writeManifest } from '@mmolre/files';
import { BackendError } from './errors';
import type { NativeRow } from './platforms';

/** The headers that the binding, and kernels of one's own, are compiled against. */
const headerFolders = ['tensorflow/c', 'tensorflow/core/platform', 'tsl', 'xla/tsl'];

/**
 * Copies named members out of a zip. A member is written only where its cleaned path equals the path it asks for,
 * so a hostile archive cannot write outside the folder.
 */
const unpacker = `
import json, os, posixpath, shutil, sys, zipfile
wheel, target, libraries, headers = json.loads(sys.argv[1])
written = []
with zipfile.ZipFile(wheel) as archive:
    def put(member, path):
        if path != posixpath.normpath(path) or path.startswith(('/', '..')) or '\\\\' in path or ':' in path:
            sys.exit('the wheel has a member outside its folder: ' + member)
        file = os.path.join(target, *path.split('/'))
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with archive.open(member) as source, open(file, 'wb') as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
        written.append(path)
    names = set(archive.namelist())
    for library in libraries:
        if 'tensorflow/' + library not in names:
            sys.exit('the wheel has no tensorflow/' + library)
        put('tensorflow/' + library, 'lib/' + library)
    for name in sorted(names):
        for folder in headers:
            if name.startswith('tensorflow/include/' + folder + '/') and not name.endswith('/'):
                put(name, 'include/' + name[len('tensorflow/include/'):])
print(json.dumps(written))
`;

/**
 * Takes the two libraries and the headers out of a wheel, adds the names the linker looks for, and a manifest.
 *
 * @param folder Receives `lib/`, `include/` and `manifest.json`; must not exist.
 * @throws BackendError if the archive is not a zip, lacks a library or names a file outside its folder.
 */
export async function unpackWheel(row: NativeRow, wheel: string, folder: string): Promise<void> {
  mkdirSync(folder);
  const python = await requirePython();
  const job = JSON.stringify([wheel, folder, row.libraries.map(({ file }) => file), headerFolders]);
  const { code, stdout, stderr } = await runProgram(python, ['-c', unpacker, job]);
  if (code !== 0)
    throw new BackendError(
      `unpacking ${row.project} ${row.version} failed: ${lastLine(stderr) || `exit code ${code}`}`,
    );
  for (const { file, link } of row.libraries) symlinkSync(file, join(folder, 'lib', link));
  writeManifest(folder, row.sha256!, JSON.parse(stdout) as string[]);
}
