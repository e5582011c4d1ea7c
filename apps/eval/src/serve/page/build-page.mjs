// Makes dist/page.html, the page of `serve`: part of the app's build.
import { writeFileSync } from 'node:fs';
import { bundlePage } from './bundle-page.mjs';

const { page } = await bundlePage();
writeFileSync(new URL('../../../dist/page.html', import.meta.url), page);
