import { DataError, quoted } from '@mmolre/files';
import { type CorpusFolder, fileNamed, shownFile, shownPlace } from '../corpus-folder';
import type { CorpusReader } from '../corpus-reader';
import { numberWithin } from '../formats/number-cell';
import { findRecording, missingRecordings } from '../formats/recording-file';
import { readCsvTable } from '../formats/table-file';
import { attempt, problem, type Report } from '../problem';
import { emotionVector, type Sample, type Split } from '../sample';
import { CREMA_D_POLARITY, CREMA_D_VOCABULARY, emotionsIn, polarityIn } from '../vocabularies';

// CREMA-D: Cao et al., IEEE Transactions on Affective Computing 2014. Open Database License 1.0, its contents Database Contents License 1.0.
// https://github.com/CheyneyComputerScience/CREMA-D

/** Its twelve sentences, by the code in a file's name. */
const SENTENCES = new Map([
  ['IEO', "It's eleven o'clock."],
  ['TIE', 'That is exactly what happened.'],
  ['IOM', "I'm on my way to the meeting."],
  ['IWW', 'I wonder what this is about.'],
  ['TAI', 'The airplane is almost full.'],
  ['MTI', 'Maybe tomorrow it will be cold.'],
  ['IWL', 'I would like a new alarm clock.'],
  ['ITH', "I think I have a doctor's appointment."],
  ['DFA', "Don't forget a jacket."],
  ['ITS', "I think I've seen this before."],
  ['TSI', 'The surface is slick.'],
  ['WSI', "We'll stop in a couple of minutes."],
]);

/** Actor, sentence, acted emotion, level. One file was long passed on with a level `X`. */
const NAME = /^(1\d{3})_([A-Z]{3})_([A-Z]{3})_(LO|MD|HI|XX?)$/;
/** Endings of its files; of two, the one that stands first here is read. */
const ENDINGS = ['wav', 'flac', 'mp3', 'ogg', 'opus', 'mp4', 'flv'];
const VOTES = 'tabulatedVotes.csv';
/** The categories that raters chose from, by the letters that are the columns of their votes. */
const CATEGORIES = { A: 'ANG', D: 'DIS', F: 'FEA', H: 'HAP', N: 'NEU', S: 'SAD' } as const;
const LETTERS = Object.keys(CATEGORIES) as (keyof typeof CATEGORIES)[];
const COLUMNS = ['', ...LETTERS, 'fileName'] as const;

type Clip = { name: string; actor: string; text: string; acted: string };
/** Without categories if its row is broken, which has been reported. */
type Vote = { line: number; categories?: string[] };

/**
 * CREMA-D: recordings named `<actor>_<sentence>_<emotion>_<level>`, in any folder (wav before mp3), and `tabulatedVotes.csv`.
 * `summaryTable.csv` follows from that and is not read.
 *
 * The labels are what people heard in the voice alone: each category with at least a third of a clip's votes, which are those of 4 to 12
 * people; so a clip may have several emotions, and none if that is only neutral. There is no surprise among the categories. A clip whose votes
 * give no category a third is not labelled, and neither is one that the table does not have. Without the table the label is the emotion that the
 * actor was asked for. Polarity is given where all of a clip's categories have the same.
 *
 * It has no splits: they are made by actor, by the last digit, 9 and 0 for test, 8 for validation, the others for training.
 */
export const cremaD: CorpusReader = {
  recognises: (folder) => fileNamed(folder, VOTES) !== undefined || [...folder.files].some(clipOfFile),
  read: async (folder, report) => {
    const files = filesByClip(folder);
    const table = fileNamed(folder, VOTES);
    const votes = table ? await attempt(report, table, undefined, () => readVotes(folder, table, report)) : undefined;
    const missing = missingRecordings(folder, report);
    const samples: Sample[] = [];
    for (const name of [...new Set([...files.keys(), ...(votes?.keys() ?? [])])].sort()) {
      const file = files.get(name);
      const vote = votes?.get(name);
      if (!file && !vote?.categories) continue;
      const origin = table && vote ? { file: table, line: vote.line } : { file: file! };
      const place = shownPlace(folder, origin);
      if (file && votes && !vote) {
        const message = `${place}: no votes for its voice in ${table}; it has no emotions`;
        report(problem('unmatched', file, undefined, message));
      }
      const search = () => findRecording(folder, file ? [stemOf(file)] : [], place);
      const recording = await attempt(report, origin.file, origin.line, search);
      if (recording && !recording.recording && !recording.video)
        missing.add(origin.file, origin.line, `${place}: no recording; looked for ${name}.wav`);
      const { actor, text, acted } = clipNamed(name)!;
      const labels = table
        ? vote && labelsOf(vote.categories, `${table}, line ${vote.line}`)
        : labelsOf([acted], `name of ${file}`);
      samples.push({
        id: `${actor}/${name}`,
        videoId: actor,
        clipId: name,
        split: splitOf(actor),
        speaker: actor,
        text,
        ...recording,
        ...labels,
        origin: { ...origin, ...labels?.origin },
      });
    }
    missing.end();
    return samples;
  },
};

const splitOf = (actor: string): Split => (/[90]$/.test(actor) ? 'test' : actor.endsWith('8') ? 'valid' : 'train');

function clipNamed(name: string): Clip | undefined {
  const [, actor = '', code = '', acted = '', level] = NAME.exec(name) ?? [];
  const text = SENTENCES.get(code);
  if (!text || !Object.hasOwn(CREMA_D_VOCABULARY, acted) || numberWithin(actor, 1_001, 1_091) === undefined)
    return undefined;
  return { name: `${actor}_${code}_${acted}_${level === 'X' ? 'XX' : level}`, actor, text, acted };
}

const stemOf = (file: string) => file.slice(0, file.lastIndexOf('.'));
const rankOf = (file: string) => ENDINGS.indexOf(file.slice(file.lastIndexOf('.') + 1).toLowerCase());
const clipOfFile = (file: string) =>
  rankOf(file) < 0 ? undefined : clipNamed(stemOf(file).slice(file.lastIndexOf('/') + 1));

function filesByClip({ files }: CorpusFolder): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of [...files].sort((a, b) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1))) {
    const clip = clipOfFile(file);
    if (clip && !found.has(clip.name)) found.set(clip.name, file);
  }
  return found;
}

/** The votes for the voice alone, by clip. */
async function readVotes(folder: CorpusFolder, file: string, report: Report): Promise<Map<string, Vote>> {
  const votes = new Map<string, Vote>();
  for (const { line, place, cells } of await readCsvTable(folder, file, COLUMNS, report)) {
    await attempt(report, file, line, () => {
      const [, mode] = /^([123])\d{5}$/.exec(cells[''].trim()) ?? [];
      const name = clipNamed(cells.fileName.trim())?.name;
      if (!mode || !name) {
        const found = `${quoted(cells[''])} and ${quoted(cells.fileName)}`;
        const message = `${place}: expected a number from 100001 to 399999 and a clip's name, found ${found}`;
        throw new DataError(message, { kind: 'bad-row' });
      }
      if (mode !== '1') return; // of the face, or of both
      const before = votes.get(name);
      if (before)
        throw new DataError(`${place}: ${name} stands already in line ${before.line}`, { kind: 'duplicate-id' });
      votes.set(name, { line });
      const counts = LETTERS.map((letter) =>
        /^\d{1,4}$/.test(cells[letter].trim()) ? Number(cells[letter]) : Number.NaN,
      );
      const all = counts.reduce((sum, count) => sum + count, 0);
      if (!(all > 0)) {
        const found = LETTERS.map((letter) => cells[letter]).join(',');
        const message = `${place}: expected counts of votes in ${LETTERS.join(', ')}, found ${quoted(found)}`;
        throw new DataError(message, { kind: 'label-range' });
      }
      const categories = LETTERS.flatMap((letter, i) => (3 * counts[i]! >= all ? [CATEGORIES[letter]] : []));
      votes.set(name, { line, categories });
    });
  }
  if (votes.size > 0) return votes;
  throw new DataError(`${shownFile(folder, file)}: no votes for the voice; expected rows whose numbers begin with 1`);
}

/** Emotions and polarity of categories; nothing if there are none. */
function labelsOf(categories: string[] | undefined, place: string) {
  if (!categories || categories.length === 0) return undefined;
  const polarity = polarityIn(CREMA_D_POLARITY, ...categories);
  return {
    emotions: emotionVector(...emotionsIn(CREMA_D_VOCABULARY, ...categories)!),
    ...(polarity && { polarity }),
    category: categories.join(','),
    origin: { emotions: place, ...(polarity && { sentiment: place }) },
  };
}
