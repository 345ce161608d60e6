import type { Plan } from '../src/api/types';
import { json, type Route, refuse } from './answers';
import { ago, hosts, id } from './hosts';
import { planFor } from './jobs';

const plans = new Map<string, Plan>();

export const planRoutes: Route[] = [
  [
    'POST',
    /^\/plans$/,
    (_, { body }) => {
      const ids = (body.host_ids ?? []) as string[];
      const plan: Plan = {
        id: id('P', plans.size + 1),
        state: 'computing',
        created_at: ago(0),
        counts: { hosts: ids.length, ready: 0, failed: 0, pending: ids.length },
        hosts: ids.map((h) => ({
          host_id: h,
          host_name: hosts.find((x) => x.id === h)?.name ?? '?',
          state: 'pending',
          error: null,
          plan: null,
        })),
      };
      plans.set(plan.id, plan);
      return json(plan, 202);
    },
  ],
  [
    'GET',
    /^\/plans\/(\w+)$/,
    (m) => {
      const plan = plans.get(m[1] ?? '');
      if (!plan) return refuse(404, 'not_found', 'There is no such plan.');
      for (const host of (plan.hosts ?? []).filter((h) => h.state === 'pending').slice(0, 4)) {
        const down = hosts.find((h) => h.id === host.host_id)?.state === 'unreachable';
        host.state = down ? 'failed' : 'ready';
        host.error = down
          ? { code: 'unreachable', message: 'The agent does not answer: connection refused.' }
          : null;
        host.plan = down ? null : planFor(host.host_id);
      }
      const n = (s: string) => (plan.hosts ?? []).filter((h) => h.state === s).length;
      plan.counts = {
        hosts: plan.counts.hosts,
        ready: n('ready'),
        failed: n('failed'),
        pending: n('pending'),
      };
      plan.state = plan.counts.pending > 0 ? 'computing' : 'ready';
      return json(plan);
    },
  ],
];
