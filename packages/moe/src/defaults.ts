/**
 * What the paper has wherever it has one thing for all data sets, and `auto`, the fastest form. It sets the ranks, their number and `topK`
 * for each data set.
 *
 * @see MMoLRE, section III-B
 */
export const TASK_MOE_DEFAULTS = {
  mixture: 'mmolre',
  expertActivation: 'identity',
  routerActivation: 'gelu',
  routing: 'sample',
  renormaliseGates: false,
  gateNoise: 0,
  residual: false,
  norm: false,
  upKernel: 1,
  form: 'auto',
} as const;
