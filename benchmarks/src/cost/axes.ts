import { taskMoeCost } from '@mmolre/moe';
import { paperBlock } from '../moe-block';

/** The size of a block and of its batch: frames of every sample, shared experts, and how many of them each sample gets. */
export type Size = { batch: number; frames: number; numExperts: number; topK: number };

/** What is changed while the rest stays as it is. */
export type Axis = { name: string; label: string; values: readonly number[]; size: (value: number) => Size };

/** The paper's for MOSEI; four clips of 3 s, so that all axes take minutes. */
const middle: Size = { batch: 4, frames: 150, numExperts: 15, topK: 8 };

export const AXES: readonly Axis[] = [
  {
    name: 'frames',
    label: 'frames a sample',
    values: [50, 150, 300, 600, 1500],
    size: (frames) => ({ ...middle, frames }),
  },
  {
    name: 'experts',
    label: 'shared experts, all active',
    values: [5, 10, 15, 25, 40],
    size: (numExperts) => ({ ...middle, numExperts, topK: numExperts }),
  },
  {
    name: 'active',
    label: 'active experts of 15, one sample of 600 frames',
    values: [1, 2, 4, 8, 11, 15],
    // As many frames in all; of a long sample only the active experts are computed.
    size: (topK) => ({ ...middle, batch: 1, frames: 600, topK }),
  },
  {
    name: 'batch',
    label: 'samples a batch',
    values: [1, 2, 4, 8, 16, 32, 64],
    size: (batch) => ({ ...middle, batch }),
  },
];

/** The passes that are timed, and how many times the forward pass's multiply-adds each does: the gradients take two more. */
export const PASSES = { forward: 1, 'training step': 3 } as const;
export type Pass = keyof typeof PASSES;

/** Of the forward pass of a batch, as `taskMoeCost` counts them for a block whose tasks each have an input of their own. */
export const multiplyAdds = ({ batch, frames, numExperts, topK }: Size): number =>
  batch * taskMoeCost(paperBlock(numExperts, topK), frames, { inputs: 'perTask' }).multiplyAdds;
