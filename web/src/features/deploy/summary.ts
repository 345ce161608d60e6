import type { AgentChange, JobInput, Plan, PlanHost } from '../../api/types';
import { bytes } from '../../lib/numbers';
import { count, groups, listOf } from '../../lib/words';

/** The hosts of a plan by what will happen to them. */
export type Outcome = {
  run: PlanHost[];
  /** Nothing to change there. */
  idle: PlanHost[];
  /** A preflight check says that the job would fail. */
  blocked: PlanHost[];
  /** No plan could be made. */
  failed: PlanHost[];
  pending: PlanHost[];
};

export function outcomeOf(plan: Plan): Outcome {
  const outcome: Outcome = { run: [], idle: [], blocked: [], failed: [], pending: [] };
  for (const host of plan.hosts ?? []) outcome[placeOf(host)].push(host);
  return outcome;
}

function placeOf(host: PlanHost): keyof Outcome {
  if (host.state === 'pending') return 'pending';
  if (host.state === 'failed' || !host.plan) return 'failed';
  if (host.plan.preflight.some((check) => check.level === 'fail')) return 'blocked';
  return host.plan.changes.length > 0 ? 'run' : 'idle';
}

export type Totals = {
  upgraded: number;
  security: number;
  added: number;
  removed: number;
  downloadBytes: number;
  needReboot: number;
  notReady: number;
};

export function totalsOf(hosts: PlanHost[]): Totals {
  const changes = hosts.flatMap((host) => host.plan?.changes ?? []);
  const having = (...actions: AgentChange['action'][]) =>
    changes.filter((c) => actions.includes(c.action)).length;
  return {
    upgraded: having('upgrade', 'downgrade', 'reinstall'),
    security: changes.filter((c) => c.action === 'upgrade' && c.security).length,
    added: having('install'),
    removed: having('remove'),
    downloadBytes: hosts.reduce((sum, host) => sum + (host.plan?.download_bytes ?? 0), 0),
    needReboot: hosts.filter((host) => host.plan?.reboot).length,
    notReady: hosts.filter((host) => host.plan && host.plan.rollback.state !== 'ready').length,
  };
}

/** What pressing the button does, in plain sentences: the last thing read before it happens. */
export function sentences(outcome: Outcome, reboot: JobInput['reboot']): string[] {
  const totals = totalsOf(outcome.run);
  const hosts = count(outcome.run.length, 'host');
  return [
    `${changeWords(totals)} on ${hosts} now (${bytes(totals.downloadBytes)} to download).`,
    rebootWords(totals.needReboot, outcome.run.length, reboot),
    rollbackWords(totals.notReady, outcome.run.length),
    ...leftOut(outcome),
  ];
}

function changeWords(t: Totals): string {
  const security = t.security > 0 ? ` (${groups(t.security)} security)` : '';
  const parts = [
    t.upgraded > 0 && `Install ${count(t.upgraded, 'update')}${security}`,
    t.added > 0 && `${t.upgraded > 0 ? 'add' : 'Add'} ${count(t.added, 'new package')}`,
    t.removed > 0 &&
      `${t.upgraded + t.added > 0 ? 'remove' : 'Remove'} ${count(t.removed, 'package')}`,
  ].filter((part) => part !== false);
  return parts.length > 0 ? listOf(parts) : 'Change nothing';
}

function rebootWords(needed: number, hosts: number, policy: JobInput['reboot']): string {
  if (policy === 'always')
    return `Reboot ${hosts === 1 ? 'it' : `all ${groups(hosts)}`} afterwards.`;
  if (needed === 0) return 'No reboot is expected.';
  if (policy === 'if_needed')
    return `Reboot ${count(needed, 'host')} afterwards, where it is needed.`;
  return `${count(needed, 'host')} will need a reboot that this job does not make; until then the old code keeps running.`;
}

function rollbackWords(notReady: number, hosts: number): string {
  if (notReady === 0)
    return hosts === 1 ? 'It can be taken back.' : 'It can be taken back on every host.';
  return `It cannot be taken back, or only partly, on ${notReady === hosts ? 'any of them' : count(notReady, 'host')}.`;
}

function leftOut(outcome: Outcome): string[] {
  const names = (hosts: PlanHost[]) => listOf(hosts.map((host) => host.host_name));
  const out: string[] = [];
  if (outcome.failed.length > 0)
    out.push(`Left out, because no plan could be made: ${names(outcome.failed)}.`);
  if (outcome.blocked.length > 0)
    out.push(`Left out, because a check fails: ${names(outcome.blocked)}.`);
  if (outcome.idle.length > 0)
    out.push(`Left out, because there is nothing to change: ${names(outcome.idle)}.`);
  return out;
}

export type PackageSum = {
  key: string;
  action: AgentChange['action'];
  name: string;
  from: string;
  to: string;
  security: boolean;
  hosts: string[];
};

/** The same change on many hosts as one line, the most frequent first. */
export function byPackage(hosts: PlanHost[]): PackageSum[] {
  const sums = new Map<string, PackageSum>();
  for (const host of hosts) {
    for (const change of host.plan?.changes ?? []) {
      const from = change.from_version ?? '';
      const to = change.to_version ?? '';
      const key = [change.action, change.name, change.arch, from, to].join(' ');
      const sum = sums.get(key) ?? {
        key,
        action: change.action,
        name: change.name,
        from,
        to,
        security: change.security,
        hosts: [],
      };
      sum.hosts.push(host.host_name);
      sums.set(key, sum);
    }
  }
  return [...sums.values()].sort(
    (a, b) => b.hosts.length - a.hosts.length || a.name.localeCompare(b.name),
  );
}

/** Packages that would be removed somewhere, or were asked about and refused. */
export function removalsIn(plan: Plan): { names: string[]; refused: boolean } {
  const names = new Set<string>();
  let refused = false;
  for (const host of plan.hosts ?? []) {
    for (const change of host.plan?.changes ?? [])
      if (change.action === 'remove') names.add(change.name);
    if (host.plan?.preflight.some((check) => check.code === 'REMOVALS_NOT_ALLOWED')) refused = true;
    if (host.error?.code === 'REMOVALS_NOT_ALLOWED') refused = true;
  }
  return { names: [...names].sort(), refused };
}
