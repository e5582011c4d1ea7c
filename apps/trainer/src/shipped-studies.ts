import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../studies', import.meta.url));

/** The names of the studies that come with the trainer. */
export const shippedNames = (): string[] => readdirSync(FOLDER).map((file) => file.replace(/\.yaml$/, ''));

/** The file of one of them; undefined where none has that name. */
export const shippedFile = (name: string): string | undefined =>
  shippedNames().includes(name) ? join(FOLDER, `${name}.yaml`) : undefined;
