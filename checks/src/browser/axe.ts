import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const program = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What a page evaluates to know what of it not everybody can use: a list of violations. */
export const axe = `${program}; axe.run().then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) })))`;
