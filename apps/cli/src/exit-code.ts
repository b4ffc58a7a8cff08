/** What the shell is told. `partial`: something could be read, but not all of it. */
export const EXIT = { ok: 0, failed: 1, usage: 2, partial: 3 } as const;

/** What the caller got wrong: its message is all that is said. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
