import type { CorpusReader } from '../corpus-reader';
import { attempt } from '../problem';
import { emotionVector, type Sample } from '../sample';
import { EMODB_VOCABULARY, emotionsIn } from '../vocabularies';

// EmoDB: Burkhardt et al., Interspeech 2005. CC0.

/** Its words by the letter in a file's name. */
const CATEGORIES = new Map([
  ['W', 'anger'],
  ['L', 'boredom'],
  ['E', 'disgust'],
  ['A', 'fear'],
  ['F', 'happiness'],
  ['T', 'sadness'],
  ['N', 'neutral'],
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

const NAME = /^(?:.*\/)?((\d\d)([ab]\d\d)([WLEAFTN])[a-z])\.(wav|WAV|flac|FLAC)$/;

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
      const category = CATEGORIES.get(letter!)!;
      const recording = await attempt(report, file, undefined, () => folder.find(file, `${folder.shown}/${file}`));
      samples.push({
        id: `${speaker}/${name}`,
        videoId: speaker,
        clipId: name,
        split: speaker === '14' || speaker === '15' ? 'test' : speaker === '13' ? 'valid' : 'train',
        speaker,
        text: SENTENCES.get(sentence!) ?? '',
        ...(recording && { recording }),
        emotions: emotionVector(...emotionsIn(EMODB_VOCABULARY, category)!),
        category,
        origin: { file, emotions: `name of ${file}` },
      });
    }
    return samples;
  },
};
