import { EXIT, UsageError } from './exit-code.js';
import { replay, REPLAY_USAGE } from './replay/replay.command.js';

const USAGE = `usage: guardpost COMMAND

commands:
  replay FILE...   what the tracer sees in captures: flows and detections

guardpost COMMAND --help tells more.
`;

/** Runs a command line; resolves to the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  try {
    if (command === undefined) throw new UsageError(`no command given\n${USAGE}`);
    if (command === '--help' || command === '-h' || command === 'help') {
      process.stdout.write(USAGE);
      return EXIT.ok;
    }
    if (command !== 'replay') throw new UsageError(`there is no command ${command}\n${USAGE}`);
    if (rest.includes('--help') || rest.includes('-h')) {
      process.stdout.write(REPLAY_USAGE);
      return EXIT.ok;
    }
    return await replay(rest);
  } catch (error) {
    const isUsage = error instanceof UsageError;
    process.stderr.write(`guardpost: ${error instanceof Error ? error.message : String(error)}\n`);
    return isUsage ? EXIT.usage : EXIT.failed;
  }
}
