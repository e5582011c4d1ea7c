import { csvRecords } from '@mmolre/files/csv';
import { check } from '../checker/check';
import { checkReport } from '../checker/check-report';
import { readClaims, readSamples } from '../checker/claims';
import type { CsvRow } from '../checker/csv-row';
import { readPredictions } from '../checker/predictions';
import { showSections } from './show-sections';

// The page: reads the chosen files anew whenever something changes, and shows what is found.

const find = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const [predictions, claims, thresholds, samples] = ['predictions', 'claims', 'thresholds', 'samples'].map((id) =>
  find<HTMLInputElement>(id),
) as [HTMLInputElement, HTMLInputElement, HTMLInputElement, HTMLInputElement];
const status = find('status');
const results = find('results');

/** Counts the changes, as an earlier one may take longer. */
let latest = 0;

async function update(): Promise<void> {
  latest += 1;
  const own = latest;
  if (!predictions.files?.[0] && !claims.files?.[0]) return;
  say('Computing …', false);
  try {
    const chosen = {
      predictions: await readCsv(predictions, readPredictions),
      claims: await readCsv(claims, readClaims),
      thresholds: thresholds.value,
      samples: samples.value.trim() === '' ? undefined : readSamples(samples.value, 'number of samples'),
    };
    // Lets the browser show what was said before it is busy.
    await new Promise((drawn) => setTimeout(drawn));
    if (own !== latest) return;
    results.replaceChildren(...showSections(checkReport(check(chosen))));
    say('Done.', false);
  } catch (error) {
    if (own !== latest) return;
    results.replaceChildren();
    say((error as Error).message, true);
  }
}

function say(text: string, isError: boolean): void {
  status.textContent = text;
  status.className = isError ? 'error' : '';
}

async function readCsv<T>({ files }: HTMLInputElement, read: (rows: CsvRow[]) => T): Promise<T | undefined> {
  const file = files?.[0];
  if (!file) return undefined;
  try {
    return read(
      csvRecords(await file.text(), (reason, line) => {
        throw new Error(`line ${line}: ${reason}`);
      }),
    );
  } catch (error) {
    throw new Error(`${file.name}: ${(error as Error).message}`);
  }
}

// A file beside the fields would take the page's place.
for (const name of ['dragover', 'drop']) document.addEventListener(name, (event) => event.preventDefault());
for (const input of [predictions, claims]) {
  const field = input.closest('.field')!;
  const mark = (isOver: boolean) => (event: Event) => {
    event.preventDefault();
    field.classList.toggle('over', isOver);
  };
  field.addEventListener('dragover', mark(true));
  field.addEventListener('dragleave', mark(false));
  field.addEventListener('drop', (event) => {
    mark(false)(event);
    input.files = (event as DragEvent).dataTransfer!.files;
    void update();
  });
}
for (const input of [predictions, claims, thresholds, samples]) input.addEventListener('change', () => void update());
find('form').addEventListener('submit', (event) => event.preventDefault());
