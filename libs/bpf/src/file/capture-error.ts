/** A capture that cannot be read, or not to its end: `at` is the byte where it stops making sense. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';

  constructor(
    readonly kind: 'not-a-capture' | 'cut-off' | 'damaged',
    message: string,
    readonly at: number,
  ) {
    super(message);
  }
}
