import { shown } from '@mmolre/report';
import type { RunConfig } from './run-config';
import type { TrainEvent } from './train';

/**
 * What is told of an epoch. The loss that training minimises may hold more than the one by which the model is selected, which is the tasks'
 * alone: then that is said.
 */
export function epochLine(
  { epoch, trainLoss, validLoss, best, valid: { sentiment, emotion } }: Extract<TrainEvent, { event: 'epoch' }>,
  { model }: Pick<RunConfig, 'model'>,
): string {
  const more = [
    model.auxiliaryWeight > 0 && 'auxiliary heads',
    model.unitse.balanceWeight > 0 && model.unitse.numBlocks > 0 && "experts' balance",
    model.taskWeighting === 'uncertainty' && 'uncertainty weights',
  ].filter(Boolean);
  return [
    `epoch ${epoch}: train loss ${trainLoss.toFixed(3)}${more.length > 0 ? ` (with ${more.join(', ')})` : ''}`,
    `valid loss ${validLoss.toFixed(3)}${more.length > 0 ? ' (without)' : ''}${best ? ' (best)' : ''}`,
    ...(sentiment ? [`corr ${shown(sentiment.corr)}`] : []),
    ...(emotion ? [`recall ${shown(emotion.categoryRecall.mean)}`] : []),
  ].join(', ');
}
