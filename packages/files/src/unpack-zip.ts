import { basename } from 'node:path';
import { plainFile } from './plain-file';
import { missingPython } from './python';
import { findProgram, lastLine, runProgram } from './run-program';

/** A file of an archive and its path in the folder; where both end in `/`, every file below, if there is any. */
export type ZipMember = { from: string; to: string };

/** A member is written only where its cleaned path equals the path it asks for, so that no archive can write outside the folder. */
const PROGRAM = `
import json, os, posixpath, shutil, sys, zipfile
path, target, members = json.loads(sys.argv[1])
os.makedirs(target, exist_ok=True)
written = []
with zipfile.ZipFile(path) as archive:
    def put(member, path):
        if path != posixpath.normpath(path) or path.startswith(('/', '..')) or '\\\\' in path or ':' in path:
            sys.exit('has a member outside its folder: ' + member)
        file = os.path.join(target, *path.split('/'))
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with archive.open(member) as source, open(file, 'wb') as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
        written.append(path)
    names = sorted(set(archive.namelist()))
    for source, to in members:
        found = [name for name in names if not name.endswith('/') and (name == source or source.endswith('/') and name.startswith(source))]
        if not found and not source.endswith('/'):
            sys.exit('has no ' + source)
        for name in found:
            put(name, to + name[len(source):])
print(json.dumps(written))
`;

/**
 * Copies files out of a zip, such as a wheel, by Python.
 *
 * @param folder Made if it is not there.
 * @returns Their paths in the folder.
 * @throws One line that names the archive: no zip, a member that it does not have, or one with a path that leads out of the folder.
 */
export async function unpackZip(zip: string, folder: string, members: readonly ZipMember[]): Promise<string[]> {
  const python = findProgram('python3');
  if (!python) throw new Error(missingPython());
  const job = JSON.stringify([plainFile(zip), folder, members.map(({ from, to }) => [from, to])]);
  const { code, stdout, stderr } = await runProgram(python, ['-c', PROGRAM, job]);
  if (code !== 0) throw new Error(`${basename(zip)}: ${lastLine(stderr) || `exit code ${code}`}`);
  return JSON.parse(stdout) as string[];
}
