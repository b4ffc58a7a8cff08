import { parseArgs } from 'node:util';
import { UsageError } from '../exit-code.js';

export const REPLAY_USAGE = `usage: guardpost replay FILE... [--flows OUT] [--detections OUT] [--indicators LIST] [--json]

Reads captures (pcap, pcapng, also gzipped; - is standard input) as a tracer would, and prints a summary.

  --flows OUT        every flow as a line of JSON, in the order of first packets
  --detections OUT   what a tracer would have reported, as lines of JSON (- is standard output for both)
  --indicators LIST  what is malicious: ADDRESS[/LENGTH] [PROTO [PORT]] a line, # begins a comment
  --json             the summary as JSON

exit code: 0 all was read, 1 nothing or an output failed, 2 wrong usage, 3 part of the captures could not be read
`;

export interface ReplayOptions {
  readonly files: readonly string[];
  readonly flows: string | undefined;
  readonly detections: string | undefined;
  readonly indicators: string | undefined;
  readonly json: boolean;
}

/** Throws UsageError. */
export function parseOptions(args: readonly string[]): ReplayOptions {
  const { values, positionals } = parsed(args);
  if (positionals.length === 0) throw new UsageError(`replay needs a capture\n${REPLAY_USAGE}`);
  const { flows, detections, indicators, json = false } = values;
  if (flows === '-' && detections === '-') throw new UsageError('flows and detections can not both go to standard output');
  return { files: positionals, flows, detections, indicators, json };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { flows: { type: 'string' }, detections: { type: 'string' }, indicators: { type: 'string' }, json: { type: 'boolean' } },
    });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${REPLAY_USAGE}`);
  }
}
