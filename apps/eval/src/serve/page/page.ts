import { answerLine } from './answer-line';
import { about, answer, exampleClip } from './ask';
import { byId, element } from './element';
import { type Recording, record } from './record';
import { showAnswer } from './show-answer';

// The page: what a person does, and what is shown then.

const SENTENCES = [
  'I loved every minute of it.',
  'The plot is thin, but the actors make it worth the evening.',
  'What a waste of time, I want my money back!',
  'I did not dare to look, and I could not look away.',
];

const text = byId<HTMLTextAreaElement>('text');
const recordButton = byId<HTMLButtonElement>('record');
const player = element('audio', { controls: true, ariaLabel: 'The recording' });
const status = byId('status');
const shown = byId('answer');
const facts = about((line) => say(line));
let clip: File | undefined;
let recording: Promise<Recording> | undefined;
/** Counts questions: an answer is shown unless there is a newer one. */
let asked = 0;

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

function say(line: string, isRefused = false): void {
  status.textContent = line;
  status.classList.toggle('refused', isRefused);
}

/** Does something that may be refused, and says so. */
const trying = (action: () => Promise<void>) => () => action().catch(({ message }: Error) => say(message, true));

function setClip(file: File | undefined): void {
  if (player.src) URL.revokeObjectURL(player.src);
  clip = file;
  byId('clip').hidden = !file;
  byId('clip-name').textContent = file?.name ?? '';
  if (file) player.src = URL.createObjectURL(file);
  else player.removeAttribute('src');
}

const ask = trying(async () => {
  asked += 1;
  const mine = asked;
  const { maxSeconds, maxBytes, thresholds } = await facts;
  if (!clip && text.value.trim() === '') throw new Error('Type a sentence, record one, or choose a recording first.');
  if (clip && clip.size > maxBytes)
    throw new Error(`The recording has ${megabytes(clip.size)} MB; choose one of at most ${megabytes(maxBytes)}.`);
  say('Asking …');
  const answered = await answer({ text: text.value, audio: clip });
  if (mine !== asked) return;
  say(answerLine(answered, maxSeconds));
  shown.replaceChildren(...showAnswer(answered, thresholds));
  shown.hidden = false;
  status.scrollIntoView({ block: 'nearest' });
});

const toggleRecording = trying(async () => {
  if (recording) return (await recording).stop();
  recording = facts.then(({ maxSeconds }) => record(maxSeconds));
  try {
    const { file } = await recording;
    recordButton.textContent = 'Stop';
    recordButton.classList.add('recording');
    say('Recording …');
    setClip(await file);
  } finally {
    recording = undefined;
    recordButton.textContent = 'Record';
    recordButton.classList.remove('recording');
  }
  await ask();
});

function addExample(name: string, choose: () => Promise<void>): void {
  const button = element('button', { type: 'button' }, name);
  button.addEventListener(
    'click',
    trying(async () => {
      await choose();
      await ask();
    }),
  );
  byId('examples').append(element('li', {}, button));
}

function takeDropped(): void {
  const voice = byId('voice');
  for (const name of ['dragover', 'dragleave', 'drop'])
    document.addEventListener(name, (event) => {
      event.preventDefault();
      voice.classList.toggle('over', name === 'dragover');
    });
  document.addEventListener('drop', ({ dataTransfer }) => {
    const [file] = dataTransfer?.files ?? [];
    if (file) setClip(file);
  });
}

const start = trying(async () => {
  for (const sentence of SENTENCES)
    addExample(sentence, async () => {
      text.value = sentence;
      setClip(undefined);
    });
  const { run, maxSeconds, maxCharacters, clips } = await facts;
  byId('run').textContent = run;
  byId('heard').textContent = `It hears the first ${maxSeconds} seconds.`;
  text.maxLength = maxCharacters;
  for (const { label, path } of clips)
    addExample(label, async () => {
      text.value = '';
      setClip(await exampleClip(path, label));
    });
});

byId('question').addEventListener('submit', (event) => {
  event.preventDefault();
  ask();
});
text.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  ask();
});
recordButton.addEventListener('click', toggleRecording);
byId('remove').addEventListener('click', () => setClip(undefined));
byId<HTMLInputElement>('file').addEventListener('change', ({ target }) => {
  const input = target as HTMLInputElement;
  if (input.files?.[0]) setClip(input.files[0]);
  input.value = '';
});
byId('clip-name').after(player);
takeDropped();
start();
