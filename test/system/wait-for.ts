/** Asks until the answer is not undefined (nor false), or the deadline is over: then says what never came. */
export async function waitFor<A>(
  what: string,
  ask: () => Promise<A | undefined | false> | A | undefined | false,
  { seconds = 20, everyMs = 50 }: { seconds?: number; everyMs?: number } = {},
): Promise<A> {
  const until = Date.now() + seconds * 1_000;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > until) throw new Error(`${what}: not within ${seconds} s`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
