import type { Sample } from '../sample';

/** Each recording, or file that holds one, and the first sample that uses it. */
export function firstUsers(samples: readonly Sample[]): Map<string, Sample> {
  const users = new Map<string, Sample>();
  for (const sample of samples)
    for (const path of [sample.recording, sample.video]) if (path && !users.has(path)) users.set(path, sample);
  return users;
}
