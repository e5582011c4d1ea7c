import { type CorpusFolder, shownFile } from '../corpus-folder';
import type { CorpusReader } from '../corpus-reader';
import { findRecording, missingRecordings } from '../formats/recording-file';
import { readTextFile } from '../formats/text-file';
import { attempt, problem, type Report } from '../problem';
import { emotionVector, type Sample } from '../sample';
import { emotionsIn, IEMOCAP_POLARITY, IEMOCAP_VOCABULARY, polarityIn } from '../vocabularies';

// IEMOCAP: Busso et al., 2008. Its text and labels may not be passed on.

const TRANSCRIPT = /^((?:.*\/)?Session([1-5]))\/dialog\/transcriptions\/([^/]+)\.txt$/;
const SPOKEN = /^(Ses\w+) \[[\d.]+-[\d.]+\]: ?(.*)$/;
/** Each session has two speakers; who wears the markers names the dialogue, who speaks the turn: `Ses01F_impro01_M000` is `Ses01M`. */
const SPEAKER = /^(Ses\d+)\w*_([FM])\w*$/;
const JUDGED = /^\[[\d.]+ - [\d.]+\]\s+(Ses\w+)\s+(\w+)\s+\[/;

type Judged = { code: string; place: string };

/**
 * IEMOCAP's release folders. Emotions and polarity follow from an utterance's code, which is in `category`; an utterance whose code names neither
 * one of the six emotions nor neutral (fru, oth, xxx) has no emotions. It has no splits: session 5 is test, session 4 validation, so no speaker
 * is in two of them.
 */
export const iemocap: CorpusReader = {
  recognises: ({ files }) => [...files].some((file) => TRANSCRIPT.test(file)),
  lacks: ({ folders }) => {
    const sessions = [...folders].filter((path) => /(^|\/)Session[1-5]\/(dialog|sentences)$/.test(path));
    return sessions.length > 0
      ? `its transcripts: ${sessions[0]!.replace(/[^/]+$/, '')}dialog/transcriptions/*.txt`
      : undefined;
  },
  read: async (folder, report) => {
    const samples: Sample[] = [];
    const missing = missingRecordings(folder, report);
    for (const file of [...folder.files].sort()) {
      const [, session, number, dialogue] = TRANSCRIPT.exec(file) ?? [];
      if (!session || !dialogue) continue;
      const judged = await readJudged(folder, `${session}/dialog/EmoEvaluation/${dialogue}.txt`, report);
      const turns = await attempt(report, file, undefined, () => readTextFile(folder, file, report));
      if (!turns) continue;
      const seen = new Map<string, number>();
      for (const [index, content] of turns.text.split(/\r?\n/).entries()) {
        const [, name, spoken] = SPOKEN.exec(content) ?? [];
        if (!name) continue; // what is said beside the turns has no id
        const line = index + 1;
        const place = `${shownFile(folder, file)}, line ${line}`;
        const before = seen.get(name);
        if (before !== undefined) {
          report(problem('duplicate-id', file, line, `${place}: utterance ${name} stands already in line ${before}`));
          continue;
        }
        seen.set(name, line);
        const label = judged.get(name);
        judged.delete(name);
        if (!label)
          report(problem('unmatched', file, line, `${place}: utterance ${name} has no label in EmoEvaluation`));
        const stem = `${session}/sentences/wav/${dialogue}/${name}`;
        const recording = await attempt(report, file, line, () => findRecording(folder, [stem], place));
        if (recording && !recording.recording && !recording.video) {
          missing.add(file, line, `${place}: no recording; looked for ${stem}.wav`);
        }
        const split = number === '5' ? 'test' : number === '4' ? 'valid' : 'train';
        const speaker = SPEAKER.exec(name)?.slice(1).join('');
        samples.push({
          id: `${dialogue}/${name}`,
          videoId: dialogue,
          clipId: name,
          split,
          ...(speaker && { speaker }),
          text: spoken!.trim(),
          ...labels(label, file, line),
          ...recording,
        });
      }
      for (const [name, { place }] of judged) {
        report(problem('unmatched', file, undefined, `${place}: utterance ${name} has a label but no transcript`));
      }
    }
    missing.end();
    return samples;
  },
};

/** The summary lines of a dialogue's labels, by utterance. */
async function readJudged(folder: CorpusFolder, file: string, report: Report): Promise<Map<string, Judged>> {
  const judged = new Map<string, Judged>();
  const shown = shownFile(folder, file);
  const content = await attempt(report, file, undefined, () => readTextFile(folder, file, report));
  for (const [index, text] of (content?.text ?? '').split(/\r?\n/).entries()) {
    const [, name, code] = JUDGED.exec(text) ?? [];
    if (!name || !code) continue;
    const line = index + 1;
    const place = `${shown}, line ${line}`;
    if (!Object.hasOwn(IEMOCAP_VOCABULARY, code)) {
      const message = `${place}: expected one of ${Object.keys(IEMOCAP_VOCABULARY).join(', ')}, found "${code.slice(0, 20)}"`;
      report(problem('label-range', file, line, message));
    } else if (judged.has(name)) {
      report(problem('duplicate-id', file, line, `${place}: utterance ${name} is judged twice`));
    } else judged.set(name, { code, place: `${file}, line ${line}` });
  }
  return judged;
}

function labels(label: Judged | undefined, file: string, line: number): Partial<Sample> {
  if (!label) return { origin: { file, line } };
  const { code, place } = label;
  const emotions = emotionsIn(IEMOCAP_VOCABULARY, code);
  const polarity = polarityIn(IEMOCAP_POLARITY, code);
  return {
    category: code,
    ...(emotions && { emotions: emotionVector(...emotions) }),
    ...(polarity && { polarity }),
    origin: { file, line, ...(emotions && { emotions: place }), ...(polarity && { sentiment: place }) },
  };
}
