import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How long the kernel lets a group run, and over which time: the shorter, the shorter the pauses. */
const PERIOD_US = 20_000;

export interface CpuShare {
  /** `name` of the group and the file that counts how often the group was held back. */
  readonly group: string;
  /** Times that the kernel has held the process back for having had its share. */
  throttled(): number;
  /** Moves the process back and removes the group. */
  release(): void;
}

/**
 * Holds a process, all its threads and what they start to a share of a core, by a control group of the kernel: version 2, or the
 * `cpu` controller of version 1. Throws with the reason where the kernel or the rights for it are not there.
 *
 * @param share in cores: 0.5 is half of one, 2 is two
 * @param pid of this process where none is named
 */
export function limitCpu(name: string, share: number, pid = process.pid, root = '/sys/fs/cgroup'): CpuShare {
  const quota = Math.round(share * PERIOD_US);
  if (existsSync(join(root, 'cgroup.controllers'))) {
    const group = made(join(root, name));
    write(join(group, 'cpu.max'), `${quota} ${PERIOD_US}`, 'the cpu controller is not enabled for the root group (cgroup.subtree_control)');
    write(join(group, 'cgroup.procs'), `${pid}`);
    return shareOf(group, join(root, 'cgroup.procs'), pid);
  }
  const v1 = join(root, 'cpu');
  if (!existsSync(join(v1, 'cgroup.procs'))) throw new Error(`no cpu controller of control groups is mounted below ${root}`);
  const group = made(join(v1, name));
  write(join(group, 'cpu.cfs_period_us'), `${PERIOD_US}`, 'the kernel has no CONFIG_CFS_BANDWIDTH');
  write(join(group, 'cpu.cfs_quota_us'), `${quota}`);
  write(join(group, 'cgroup.procs'), `${pid}`);
  return shareOf(group, join(v1, 'cgroup.procs'), pid);
}

const shareOf = (group: string, home: string, pid: number): CpuShare => ({
  group,
  throttled: () => Number(/nr_throttled (\d+)/.exec(readFileSync(join(group, 'cpu.stat'), 'utf8'))?.[1] ?? 0),
  release: () => {
    try {
      writeFileSync(home, `${pid}`);
    } catch {
      // it has ended
    }
    rmdirSync(group);
  },
});

function made(group: string): string {
  try {
    mkdirSync(group, { recursive: true });
    return group;
  } catch (error) {
    throw new Error(`the control group ${group} can't be made: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function write(file: string, text: string, hint = ''): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new Error(
      `${file} can't be written${hint === '' ? '' : `: ${hint}`} (${error instanceof Error ? error.message : String(error)})`,
      { cause: error },
    );
  }
}
