import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const KNIP = fileURLToPath(new URL('../../node_modules/knip/bin/knip.js', import.meta.url));
const OPTIONS = ['--config', 'checks/knip.config.js', '--no-config-hints', '--no-progress'];

/** Files, exports and dependencies of a checkout that nothing uses, and used ones that no package.json names: knip's words. */
export function checkUnused(root) {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [KNIP, ...OPTIONS], {
    cwd: root,
    encoding: 'utf8',
  });
  if (error) throw error;
  return status === 0 ? [] : [`${stdout}${stderr}`.trim()];
}
