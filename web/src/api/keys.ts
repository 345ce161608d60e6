/**
 * Names of everything in the query cache, in one place, because live messages of
 * one feature change what another one shows. A prefix names all below it.
 */
export const keys = {
  fleet: ['fleet'] as const,
  hosts: ['hosts'] as const,
  hostList: (filter: object) => ['hosts', 'list', filter] as const,
  hostFacets: ['hosts', 'facets'] as const,
  host: (id: string) => ['hosts', 'one', id] as const,
  hostPart: (id: string, part: string, filter: object) =>
    ['hosts', 'one', id, part, filter] as const,
  jobs: ['jobs'] as const,
  jobList: (filter: object) => ['jobs', 'list', filter] as const,
  jobLists: ['jobs', 'list'] as const,
  job: (id: string) => ['jobs', 'one', id] as const,
  jobHosts: (id: string) => ['jobs', 'hosts', id] as const,
  jobHostList: (id: string, filter: object) => ['jobs', 'hosts', id, filter] as const,
  enrollments: ['enrollments'] as const,
  enrollmentList: (status: string) => ['enrollments', status] as const,
  tokens: ['enrollment-tokens'] as const,
  ca: ['ca'] as const,
  plan: (id: string) => ['plans', id] as const,
  search: (words: string) => ['search', words] as const,
};
