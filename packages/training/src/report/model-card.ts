import { EMOTIONS } from '@mmolre/datasets';
import { type Block, toMarkdown } from '@mmolre/report';
import { departures } from '../departures';
import type { RunConfig } from '../run-config';
import type { RunRecord } from '../run-record';
import { precisionFact } from './identity';

type Card = { name: string; config: RunConfig; record: RunRecord; results: readonly Block[] };

/** What somebody should know who gets a model, as Markdown with the head that model hubs read. */
export function modelCard({ name, config, record, results }: Card): string {
  const { model, training } = config;
  const tasks = model.tasks.map((task) =>
    task === 'sentiment' ? 'sentiment from -3 (very negative) to +3' : `six emotions (${EMOTIONS.join(', ')})`,
  );
  const left = departures(config);
  const blocks: Block[] = [
    { heading: name },
    {
      text: `MMoLRE, a Multimodal Mixture of Low-Rank Experts: it reads a text and a recording of it, or one of them, and predicts ${tasks.join(' and ')}.`,
    },
    { heading: 'Use' },
    {
      text: `\`\`\`js
import { readAudio } from '@mmolre/audio';
import { useBackend } from '@mmolre/backend';
import { loadTrainedRun } from '@mmolre/training';

await useBackend();
const run = await loadTrainedRun('${name}');
console.log(run.predict({ text: 'What a day!', audio: await readAudio('clip.wav') }));
\`\`\``,
    },
    { heading: 'Training' },
    {
      facts: [
        ['text encoder', model.text.kind],
        ['audio encoder', model.audio.kind],
        ['width', `${model.dModel}`],
        ['experts', `${model.unitse.ranks.length} shared, ${model.unitse.topK} of them active`],
        ['data', `${record.dataFolder}, SHA-256 ${record.identity.data}`],
        ['labels', config.labels],
        ['seed', `${record.seed}`],
        ['epochs', `at most ${training.maxEpochs}, ${training.batchSize} samples a step`],
        ['precision', precisionFact(record)],
        ['commit', record.sessions.at(-1)?.code.commit ?? 'not known'],
      ],
    },
    { text: left.length > 0 ? 'Where it leaves the paper:' : 'It leaves the paper in nothing.' },
    ...(left.length > 0 ? [{ lines: left }] : []),
    { heading: 'Results' },
    ...results,
    { heading: 'Limits' },
    {
      lines: [
        'It has learnt from the speakers and the language of the data above; of others its answers can be worse than chance.',
        'A feeling is guessed from words and voice. It is no judgement of a person, and nothing that decides about people should rest on it.',
        ...(config.labelsInEvaluation
          ? ['The labels of its evaluation were guessed from text by its label unification, not judged by people.']
          : []),
      ],
    },
  ];
  return `---\ntags: [sentiment-analysis, emotion-recognition, multimodal, mmolre]\n---\n\n${toMarkdown(blocks)}`;
}
