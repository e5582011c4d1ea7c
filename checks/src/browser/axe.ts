import axeCore from 'axe-core';

/** What a page evaluates to know what of it not everybody can use: a list of violations. */
export const axe = `${axeCore.source}; axe.run().then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) })))`;
