import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { CaptureError, FileTap } from '@guardpost/bpf/file';
import { parsePrefix, type WatchItem } from '@guardpost/contracts';
import { EXIT, UsageError } from '../exit-code.js';
import { flowLine } from './flow-line.js';
import { parseIndicators } from './indicators.js';
import { LineFile } from './line-file.js';
import { parseOptions } from './options.js';
import { ReplayDetector } from './replay-detector.js';
import { summaryText, type Problem, type Summary } from './summary.js';

export { REPLAY_USAGE } from './options.js';

/** `guardpost replay`: resolves to the exit code. Rejects with UsageError, or the system's error of an output. */
export async function replay(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  const items = options.indicators === undefined ? [] : readIndicators(options.indicators);
  const flowFile = options.flows === undefined ? undefined : new LineFile(options.flows);
  const detectionFile = options.detections === undefined ? undefined : new LineFile(options.detections);
  let detections = 0;
  const tap: FileTap = new FileTap({
    onEvent: (event) => detector.onEvent(event),
    onSecond: (us) => detector.advance(us),
  });
  const detector = new ReplayDetector(
    items,
    () => tap.flows(),
    (detection) => {
      detections += detection.revision === 0 ? 1 : 0;
      detectionFile?.write(`${JSON.stringify(detection)}\n`);
    },
  );
  tap.setWatch(items.map(toEntry));

  const began = performance.now();
  const problems: Problem[] = [];
  for (const file of options.files) {
    const problem = await readFile(tap, file);
    if (problem !== undefined) {
      problems.push({ file, message: problem });
      process.stderr.write(`guardpost: ${file === '-' ? 'standard input' : file}: ${problem}\n`);
    }
  }
  detector.finish();
  if (flowFile !== undefined) for (const record of tap.allFlows()) flowFile.write(flowLine(record));
  flowFile?.close();
  detectionFile?.close();
  const seconds = (performance.now() - began) / 1000;

  const counts = tap.counters();
  const summary: Summary = {
    ...counts, detections, suppressed: detector.suppressed, problems, seconds, packetsPerSecond: counts.packets / seconds,
  }; // prettier-ignore
  const text = options.json ? `${JSON.stringify(summary)}\n` : summaryText(summary);
  (options.flows === '-' || options.detections === '-' ? process.stderr : process.stdout).write(text);
  if (problems.length === 0) return EXIT.ok;
  return counts.packets > 0 || problems.length < options.files.length ? EXIT.partial : EXIT.failed;
}

/** What went wrong with a file, if anything. What was read of it counts. */
async function readFile(tap: FileTap, file: string): Promise<string | undefined> {
  try {
    await tap.read(file, basename(file));
    return undefined;
  } catch (error) {
    if (error instanceof CaptureError) return error.message;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return 'no such file';
    if (code === 'EISDIR') return 'is a directory';
    if (code === 'EACCES') return 'may not be read';
    if (typeof code === 'string' && (code.startsWith('Z_') || code.startsWith('ERR_'))) return `its gzip can not be unpacked (${code})`;
    throw error;
  }
}

function readIndicators(path: string): WatchItem[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`the list of indicators can not be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  return parseIndicators(text, basename(path));
}

function toEntry({ rule, prefix: text, proto, port }: WatchItem) {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new RangeError(`${text} is no prefix`);
  return { rule, prefix, proto: proto ?? undefined, port: port ?? undefined };
}
