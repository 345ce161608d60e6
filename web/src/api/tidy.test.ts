import { expect, it } from 'vitest';
import { tidyJobHost, tidyPlanHost } from './tidy';
import type { JobHost, PlanHost } from './types';

it('makes a list of what an agent sends as null', () => {
  const plan = {
    changes: null,
    preflight: null,
    kept_back: null,
    restarts: null,
    reboot_reasons: null,
    rollback: { state: 'ready', reasons: null },
  };
  const host = { plan } as unknown as PlanHost;
  expect(tidyPlanHost(host).plan).toEqual({
    changes: [],
    preflight: [],
    kept_back: [],
    restarts: [],
    reboot_reasons: [],
    rollback: { state: 'ready', reasons: [] },
  });
  expect(tidyPlanHost({ plan: null } as PlanHost).plan).toBeNull();
  const jobHost = {
    changes: null,
    conffiles: null,
    rollback: { state: 'partial', reasons: null },
  } as unknown as JobHost;
  expect(tidyJobHost(jobHost)).toEqual({
    changes: [],
    conffiles: [],
    rollback: { state: 'partial', reasons: [] },
  });
  expect(tidyJobHost({ rollback: null } as JobHost).rollback).toBeNull();
});
