import { execFileSync } from 'node:child_process';
import { root } from './paths';

/** A throw-away host as bedctl describes it. */
export type BedHost = { name: string; ip: string; gateway: string };

/** Drives real throw-away Debian hosts (internal/testkit/hostbed) that live below one directory. */
export class Bed {
  constructor(private readonly dir: string) {}

  up(name: string, ...flags: string[]): BedHost {
    return JSON.parse(this.ctl('up', ...flags, name)) as BedHost;
  }

  /** Runs a command in a host and returns what it printed; a failure throws with its words. */
  exec(name: string, ...argv: string[]): string {
    return this.ctl('exec', name, '--', ...argv);
  }

  /** Starts a program in a host that starts again whenever the host boots. */
  service(name: string, log: string, ...argv: string[]): void {
    this.ctl('service', `--log=${log}`, name, '--', ...argv);
  }

  copyIn(name: string, from: string, to: string): void {
    this.ctl('copy-in', name, from, to);
  }

  removeAll(): void {
    this.ctl('remove', '--all');
  }

  private ctl(...args: string[]): string {
    return execFileSync(`${root}/bin/bedctl`, [`--dir=${this.dir}`, ...args], {
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    });
  }
}

/** What apt itself would do on a host, as "name version", sorted: the truth that the product must show. */
export function aptWouldInstall(bed: Bed, host: string): string[] {
  return bed
    .exec(host, 'apt-get', '-s', 'dist-upgrade')
    .split('\n')
    .flatMap((line) => {
      const m = /^Inst (\S+) \[\S+\] \((\S+) /.exec(line);
      return m ? [`${m[1]} ${m[2]}`] : [];
    })
    .sort();
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are dpkg-query's
const installedFormat = '${db:Status-Abbrev}|${Package}:${Architecture}|${Version}\\n';

/** Every installed package with its version, sorted, from dpkg itself. */
export function dpkgVersions(bed: Bed, host: string): string[] {
  return bed
    .exec(host, 'dpkg-query', '-W', '-f', installedFormat)
    .split('\n')
    .filter((line) => line.startsWith('ii'))
    .sort();
}
