import type { Fleet } from '../src/api/types';
import { json, type Route, state } from './answers';
import { waitingEnrollments } from './enrollments';
import { findHosts } from './hostRoutes';
import { ago } from './hosts';
import { jobs } from './jobs';

function fleet(): Fleet {
  const all = findHosts(new URLSearchParams());
  const n = (state: string) => all.filter((h) => h.state === state).length;
  const sum = (key: 'total' | 'security' | 'critical' | 'high' | 'medium' | 'low' | 'unknown') =>
    all.reduce((s, h) => s + (h.pending?.[key] ?? 0), 0);
  const missing = (key: 'critical' | 'high' | 'medium' | 'low' | 'unknown') =>
    all.filter((h) => (h.pending?.[key] ?? 0) > 0).length;
  const withSecurity = all.filter((h) => (h.pending?.security ?? 0) > 0).length;
  return {
    hosts: {
      total: all.length,
      healthy: n('healthy'),
      degraded: n('degraded'),
      unreachable: n('unreachable'),
      unknown: n('unknown'),
    },
    compliance: {
      compliant: all.filter((h) => h.pending?.total === 0).length,
      not_compliant: withSecurity,
      unknown: n('unknown'),
      definition:
        'A host is compliant when no security update is pending and its data is younger than a day.',
    },
    pending: {
      hosts_with_pending: all.filter((h) => (h.pending?.total ?? 0) > 0).length,
      hosts_with_security: withSecurity,
      patches_total: sum('total'),
      patches_security: sum('security'),
      by_severity: {
        critical: sum('critical'),
        high: sum('high'),
        medium: sum('medium'),
        low: sum('low'),
        unknown: sum('unknown'),
      },
      hosts_by_severity: {
        critical: missing('critical'),
        high: missing('high'),
        medium: missing('medium'),
        low: missing('low'),
        unknown: missing('unknown'),
      },
    },
    reboot_needed: all.filter((h) => h.reboot_needed).length,
    enrollments_pending: waitingEnrollments(),
    jobs: {
      running: state.empty ? 0 : jobs.filter((j) => j.state === 'running').length,
      recent: state.empty ? [] : jobs.slice(0, 5),
    },
    attention: state.empty
      ? []
      : [
          {
            kind: 'failed_job',
            title: 'Job #102 failed on 1 host',
            detail: 'MAINTAINER_SCRIPT_FAILED on app01 90 minutes ago',
            link: `/jobs/${jobs.find((j) => j.state === 'partially_failed')?.id}?state=failed`,
            count: 1,
          },
          {
            kind: 'unreachable',
            title: `${n('unreachable')} hosts are unreachable`,
            detail: 'The longest for 2 days: queue01',
            link: '/hosts?state=unreachable',
            count: n('unreachable'),
          },
          {
            kind: 'degraded',
            title: `${n('degraded')} hosts are degraded`,
            detail: 'dpkg reports half-configured packages',
            link: '/hosts?state=degraded',
            count: n('degraded'),
          },
          {
            kind: 'enrollment',
            title: '2 machines ask to be enrolled',
            detail: 'One has the machine id of a known host',
            link: '/enrollment',
            count: 2,
          },
          {
            kind: 'stale',
            title: `${n('unknown')} hosts were never read`,
            detail: 'Their patches are not known',
            link: '/hosts?state=unknown',
            count: n('unknown'),
          },
        ],
    worker_alive: true,
    generated_at: ago(2),
  };
}

export const fleetRoutes: Route[] = [['GET', /^\/status\/fleet$/, () => json(fleet())]];
