/** An error whose message is one line for a person: what is wrong and what to do. */
export class BackendError extends Error {
  override name = 'BackendError';
}

/** One line for any error: its own message, or what the operating system said about which file. */
export function explain(error: unknown): string {
  if (error instanceof BackendError) return error.message;
  const { code, path, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC') return `the disk is full${path ? ` (${path})` : ''}; free some space and try again`;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return `${path ?? 'a file'} cannot be written; check its permissions`;
  return String(message ?? error).split('\n')[0]!;
}
