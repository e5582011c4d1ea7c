import { execFileSync, spawnSync } from 'node:child_process';

/** Links of the repository's Markdown that lead to no file or no heading: the words of remark-validate-links. */
export function checkLinks(root) {
  const files = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
  const options = ['--frail', '--quiet', '--no-stdout', '--no-color'];
  const remark = `${root}/node_modules/.bin/remark`;
  const { status, stderr, error } = spawnSync(remark, [...options, ...files], { cwd: root, encoding: 'utf8' });
  if (error) throw error;
  return status === 0 ? [] : [stderr.trim()];
}
