import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { Bed, type BedHost } from './support/bed';
import { freePort, Manager, until } from './support/manager';
import { root, stateFile } from './support/paths';
import type { State } from './support/state';

/** Hosts that enroll with a one-time token; "late-1" waits for a person instead. */
const tokenHosts: [name: string, ...flags: string[]][] = [
  ['web-1'],
  ['db-1'],
  ['broken-1', '--demo-broken'],
];

/**
 * Starts what the tests drive: the real manager with its private PostgreSQL,
 * and four real Debian hosts with real pending updates and a real agent each.
 * Returns what takes all of it down again.
 */
export default async function setUp(): Promise<() => Promise<void>> {
  const dir = `${root}/tmp/e2e`;
  const bed = new Bed(`${dir}/bed`);
  bed.removeAll(); // of a run that was killed
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const manager = new Manager(dir, await freePort());
  const takeDown = async () => {
    bed.removeAll();
    await manager.stop();
  };
  try {
    await manager.start();
    const state: State = {
      url: manager.url,
      publicUrl: manager.publicUrl,
      dir,
      port: manager.port,
      initialPassword: manager.initialPassword,
      fingerprint: manager.admin('fingerprint'),
      hosts: {},
    };
    for (const [name, ...flags] of tokenHosts) {
      const host = bed.up(name, ...flags);
      enroll(bed, host, manager, state.fingerprint);
      state.hosts[name] = host;
    }
    state.hosts['late-1'] = bed.up('late-1');
    install(bed, 'late-1');
    writeFileSync(stateFile, JSON.stringify(state));
    // Chromium breaks off its requests when the machine's addresses change under it.
    await until(
      'the addresses of this machine have settled',
      async () => !/tentative/.test(execFileSync('ip', ['addr'], { encoding: 'utf8' })),
    );
  } catch (error) {
    await takeDown();
    throw error;
  }
  return takeDown;
}

function install(bed: Bed, name: string): void {
  bed.copyIn(name, `${root}/bin/patch-agent`, '/usr/bin/patch-agent');
}

function enroll(bed: Bed, host: BedHost, manager: Manager, fingerprint: string): void {
  install(bed, host.name);
  const token = manager.admin('enroll-token');
  bed.exec(
    host.name,
    '/usr/bin/patch-agent',
    'enroll',
    `https://${host.gateway}:${manager.port}`,
    `--ca-fingerprint=${fingerprint}`,
    `--token=${token}`,
    `--address=${host.ip}`,
  );
  bed.service(host.name, 'agent.log', '/usr/bin/patch-agent', 'run');
}
