import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';

/** One figure. `ratio` = value / peerValue, both measured in the same run. `runs`: of how many `value` is the median or quantile. */
export interface Result {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly peer: string | null;
  readonly peerValue: number | null;
  readonly ratio: number | null;
  readonly runs: number;
}
export type Report = (result: Result) => void;

/** Something that a part needs is not on this machine: said in one line, and no failure. */
export class NotHere extends Error {}

export function needRoot(): void {
  if (process.getuid?.() !== 0) throw new NotHere('root is needed for programs and namespaces (run as root)');
}

const FILE = fileURLToPath(new URL('../../bench-results.json', import.meta.url));

export const alone = (name: string, value: number, unit: string, runs: number): Result => ({
  name,
  value: round(value),
  unit,
  peer: null,
  peerValue: null,
  ratio: null,
  runs,
});

/** A figure beside what somebody else's program took in the same run. */
export const beside = (name: string, value: number, unit: string, runs: number, peer: string, peerValue: number): Result => ({
  ...alone(name, value, unit, runs),
  peer,
  peerValue: round(peerValue),
  ratio: round(value / peerValue),
});

const round = (value: number): number => Number(value.toPrecision(4));

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The smallest value that at least `q` of all do not exceed. NaN where there are none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)] ?? NaN;
}

/** Writes bench-results.json; figures of parts that did not run this time stay. */
export function save(results: readonly Result[]): void {
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}, Linux ${release()}, Node ${process.versions.node}`;
  const date = new Date().toISOString();
  const before: unknown = existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : [];
  const kept = (Array.isArray(before) ? (before as unknown[]) : []).filter((one) => {
    const name = typeof one === 'object' && one !== null && 'name' in one ? one.name : undefined;
    return !results.some((r) => r.name === name);
  });
  writeFileSync(FILE, `${JSON.stringify([...kept, ...results.map((r) => ({ ...r, machine, date }))], null, 2)}\n`);
}

export function print(results: readonly Result[]): void {
  console.table(
    results.map(({ name, value, unit, peer, peerValue, ratio, runs }) => ({
      name,
      value,
      unit,
      peer: peer ?? '',
      'peer value': peerValue ?? '',
      ratio: ratio ?? '',
      runs,
    })),
  );
}
