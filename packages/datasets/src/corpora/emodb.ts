import type { CorpusReader } from '../corpus-reader';
import { attempt } from '../problem';
import { emotionVector, type Sample } from './label-row';

// EmoDB: Burkhardt et al., Interspeech 2005. CC0.

/** Its emotions by the letter in a file's name; boredom and neutral are none of the six. */
const EMOTION_OF = new Map([
  ['W', { category: 'anger', emotions: emotionVector('anger') }],
  ['L', { category: 'boredom', emotions: emotionVector() }],
  ['E', { category: 'disgust', emotions: emotionVector('disgust') }],
  ['A', { category: 'fear', emotions: emotionVector('fear') }],
  ['F', { category: 'happiness', emotions: emotionVector('happiness') }],
  ['T', { category: 'sadness', emotions: emotionVector('sadness') }],
  ['N', { category: 'neutral', emotions: emotionVector() }],
]);

/** Its ten sentences, by the code in a file's name. */
const SENTENCES = new Map([
  ['a01', 'Der Lappen liegt auf dem Eisschrank.'],
  ['a02', 'Das will sie am Mittwoch abgeben.'],
  ['a04', 'Heute abend könnte ich es ihm sagen.'],
  ['a05', 'Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.'],
  ['a07', 'In sieben Stunden wird es soweit sein.'],
  ['b01', 'Was sind denn das für Tüten, die da unter dem Tisch stehen?'],
  ['b02', 'Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.'],
  ['b03', 'An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.'],
  ['b09', 'Ich will das eben wegbringen und dann mit Karl was trinken gehen.'],
  ['b10', 'Die wird auf dem Platz sein, wo wir sie immer hinlegen.'],
]);

const NAME = /^(?:.*\/)?((\d\d)([ab]\d\d)([WLEAFTN])[a-z])\.(wav|flac)$/;

/**
 * EmoDB's clips, named `<speaker><sentence><emotion letter><version>.wav`, in any folder. It has no splits: they are made by speaker as in
 * the default data set, 14 and 15 for test, 13 for validation, the others for training.
 */
export const emoDb: CorpusReader = {
  recognises: ({ files }) => [...files].filter((file) => NAME.test(file)).length >= 1,
  read: async (folder, report) => {
    const samples: Sample[] = [];
    for (const file of [...folder.files].sort()) {
      const [, name, speaker, sentence, letter] = NAME.exec(file) ?? [];
      if (!name || !speaker) continue;
      const audio = await attempt(report, file, undefined, () => folder.find(file, `${folder.shown}/${file}`));
      samples.push({
        id: `${speaker}/${name}`,
        videoId: speaker,
        clipId: name,
        split: speaker === '14' || speaker === '15' ? 'test' : speaker === '13' ? 'valid' : 'train',
        text: SENTENCES.get(sentence!) ?? '',
        ...(audio && { audio }),
        ...EMOTION_OF.get(letter!),
        origin: { file, emotions: `name of ${file}` },
      });
    }
    return samples;
  },
};
