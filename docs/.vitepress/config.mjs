import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { slug } from 'github-slugger';
import { defineConfig } from 'vitepress';
import { readWorkspace } from '../../checks/src/workspace.mjs';

// The Markdown files of the repository are the pages, where they lie: nothing is copied. Links between them work in both places.

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Where the repository is on the web: `repository.url` of its package.json, once it has one. */
const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const source = repository?.url.replace(/^git\+|\.git$/g, '');
const vue = (file) => join(root, 'docs/node_modules/vue', file);
const packages = readWorkspace(root).filter(({ manifest }) => !manifest.private);

/** The page of the site that a file of the repository is, or undefined. */
function pageOf(file) {
  const readme = /^((?:packages|apps)\/[^/]+)\/README\.md$/.exec(file);
  if (readme) return `${readme[1]}.md`;
  if (file === 'benchmarks/LOG.md') return 'log.md';
  if (/^docs\/.*\.md$/.test(file)) return file.slice('docs/'.length);
  return /^(benchmarks|contributing)\/.*\.md$/.test(file) ? file.replace(/README\.md$/, 'index.md') : undefined;
}

/** Links by the repository's paths lead to pages of the site, or into the repository; one that leads nowhere fails the build. */
function followLinks(md) {
  md.core.ruler.push('repository-links', ({ tokens, env }) => {
    const from = env.realPath ?? env.path;
    for (const { children } of tokens.filter(({ type }) => type === 'inline'))
      for (const [i, link] of children.entries()) {
        const href = link.type === 'link_open' ? link.attrGet('href') : undefined;
        if (!href || /^([a-z]+:|#|\/)/i.test(href)) continue;
        const [path, anchor] = decodeURI(href).split('#');
        const target = relative(root, join(dirname(from), path)).replace(/\/$/, '');
        if (!existsSync(join(root, target))) throw new Error(`${relative(root, from)}: ${href} leads nowhere`);
        const readme = `${target}/README.md`;
        const page = pageOf(statSync(join(root, target)).isDirectory() ? readme : target);
        if (page) link.attrSet('href', `/${page}${anchor ? `#${anchor}` : ''}`);
        else if (source) link.attrSet('href', `${source}/tree/HEAD/${target}`);
        else for (const end of [link, children.slice(i).find(({ type }) => type === 'link_close')]) plain(end, target);
      }
  });
}

/** A link as what it says alone. */
function plain(token, target) {
  token.type = token.nesting > 0 ? 'span_open' : 'span_close';
  token.tag = 'span';
  token.attrs = token.nesting > 0 ? [['title', `${target} in the repository`]] : null;
}

const item = (text, link) => ({ text, link });

export default defineConfig({
  title: 'MMoLRE in TypeScript',
  description: 'Multimodal Mixture of Low-Rank Experts for sentiment and emotion, trained end to end in TypeScript',
  lang: 'en',
  // The theme's names of languages are pale, and its button for the search is not named as it reads, with its key.
  head: [
    [
      'style',
      {},
      'html:root { --vp-code-lang-color: var(--vp-c-text-1) } .DocSearch-Button-Keys { display: none !important }',
    ],
  ],
  srcDir: '..',
  srcExclude: [
    '*.md',
    '{.*,checks,data,examples,runs,scripts}/**',
    '**/CHANGELOG.md',
    '{packages,apps}/*/!(README.md)/**',
  ],
  rewrites: Object.fromEntries([
    ['docs/:page*', ':page*'],
    ['benchmarks/LOG.md', 'log.md'],
    ['benchmarks/README.md', 'benchmarks/index.md'],
    ['contributing/README.md', 'contributing/index.md'],
    ...packages.map(({ folder }) => [`${folder}/README.md`, `${folder}.md`]),
  ]),
  ignoreDeadLinks: false,
  vite: {
    // The pages lie outside of the folder in which Vue is installed.
    resolve: {
      alias: [
        { find: /^vue\/server-renderer$/, replacement: vue('server-renderer/index.mjs') },
        { find: /^vue$/, replacement: vue('dist/vue.runtime.esm-bundler.js') },
      ],
    },
    build: { chunkSizeWarningLimit: 4000 },
  },
  markdown: {
    anchor: { slugify: (text) => slug(text) },
    attrs: { disable: true },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config: followLinks,
  },
  themeConfig: {
    search: { provider: 'local' },
    nav: [item('Guide', '/quick-start'), item('Packages', '/packages/model'), item('Reference', '/reference/')],
    sidebar: [
      {
        text: 'Guide',
        items: [
          item('Quick start', '/quick-start'),
          item('Train on MOSI and MOSEI', '/mosi'),
          item('Your own data', '/own-data'),
          item('The mixture in your model', '/mixture'),
          item('Label unification', '/labels'),
          item('Seeds, folds and variants', '/several-runs'),
          item('Sweeps', '/sweeps'),
          item('One training on several machines', '/several-machines'),
          item('How far it scales', '/scale'),
          item('Native backend and GPUs', '/native'),
          item('From the paper to this code', '/paper'),
          item('Results of the default run', '/results'),
          item('How it compares', '/comparison'),
          item('Log of what was tried', '/log'),
        ],
      },
      { text: 'Packages', items: packages.map(({ folder, manifest }) => item(manifest.name, `/${folder}`)) },
      { text: 'Working on it', items: [item('Contributing', '/contributing/'), item('Benchmarks', '/benchmarks/')] },
      { text: 'Reference', items: [item('All entries', '/reference/')] },
    ],
    ...(source && { socialLinks: [{ icon: 'github', link: source }] }),
  },
});
