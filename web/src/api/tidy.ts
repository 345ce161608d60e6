import type { AgentPlan, JobHost, PlanHost } from './types';

/** An empty list of an agent comes as null; pages want a list. */
const listsOfPlan = ['changes', 'kept_back', 'preflight', 'reboot_reasons', 'restarts'] as const;

function tidyPlan(plan: AgentPlan): AgentPlan {
  const lists = Object.fromEntries(listsOfPlan.map((name) => [name, plan[name] ?? []]));
  return {
    ...plan,
    ...lists,
    rollback: { ...plan.rollback, reasons: plan.rollback.reasons ?? [] },
  };
}

export function tidyPlanHost(host: PlanHost): PlanHost {
  return host.plan ? { ...host, plan: tidyPlan(host.plan) } : host;
}

export function tidyJobHost(host: JobHost): JobHost {
  const rollback = host.rollback && { ...host.rollback, reasons: host.rollback.reasons ?? [] };
  return { ...host, rollback, changes: host.changes ?? [], conffiles: host.conffiles ?? [] };
}
