import type * as api from './generated/api.gen';

/**
 * The types of the API as pages use them: those of the document, and in place of
 * some of them what the document cannot say. It has no way to mark a nested object
 * as null, and an agent may send null for an empty list; the first is corrected
 * here, the second is made into an empty list by [tidy].
 */
export * from './generated/api.gen';

export type Role = api.User['role'];
export type Theme = api.User['theme'];
export type FactorMethod = api.Challenge['methods'][number];
export type SignIn = { session: api.Session | null; challenge: api.Challenge | null };
export type MFA = Omit<api.MFA, 'totp'> & { totp: api.TOTP | null };
export type TOTPConfirmed = Omit<api.TOTPConfirmed, 'session'> & { session: api.Session | null };

export type RegisteredPasskey = Omit<api.RegisteredPasskey, 'session'> & {
  session: api.Session | null;
};

type WithLists<T, K extends keyof T> = Omit<T, K> & { [P in K]: NonNullable<T[P]> };

export type AgentRollback = { state: 'ready' | 'partial' | 'impossible'; reasons: string[] };
export type AgentPlan = WithLists<
  Omit<api.AgentPlan, 'rollback'>,
  'changes' | 'kept_back' | 'preflight' | 'reboot_reasons' | 'restarts'
> & { rollback: AgentRollback };

export type PlanHost = Omit<api.PlanHost, 'error' | 'plan'> & {
  error: api.PlanError | null;
  plan: AgentPlan | null;
};
export type Plan = Omit<api.Plan, 'hosts'> & { hosts?: PlanHost[] };

type Known<T extends { pending: unknown; current_job: unknown }> = Omit<
  T,
  'pending' | 'current_job'
> & {
  pending: T['pending'] | null;
  current_job: T['current_job'] | null;
};
export type HostRow = Known<api.HostRow>;
export type Host = Known<api.Host>;
export type HostPage = { items: HostRow[]; total: number };

export type ImportRow = Omit<api.ImportRow, 'host_id'> & { host_id: string | null };
export type ImportReport = Omit<api.ImportReport, 'rows'> & { rows: ImportRow[] };
export type RegisteredHost = Omit<api.RegisteredHost, 'host'> & { host: Host };

type WithParent<T extends { parent_job_id: string }> = Omit<T, 'parent_job_id'> & {
  parent_job_id: string | null;
};
export type JobSummary = WithParent<api.JobSummary>;
export type Job = WithParent<Omit<api.Job, 'plan_id' | 'selection'>> & {
  plan_id: string | null;
  selection: api.Selection | null;
};
export type JobPage = { items: JobSummary[]; total: number };
export type JobHost = Omit<api.JobHost, 'error' | 'rollback'> & {
  error: api.JobHostError | null;
  rollback: AgentRollback | null;
};
export type JobHostPage = { items: JobHost[]; total: number };
export type Fleet = Omit<api.Fleet, 'jobs'> & {
  jobs: Omit<api.FleetJobs, 'recent'> & { recent: JobSummary[] };
};

export type TimelineEntry = api.TimelinePage['items'][number];
/** What a manager sends for an error; details are left out when there are none. */
export type ErrorBody = Omit<api.ErrorBody, 'details'> & { details?: api.ErrorDetail[] | null };

export type AccessSettings = Omit<api.AccessSetting, 'previous'> & { previous: api.Access | null };
export type Settings = Omit<api.All, 'access'> & { access: AccessSettings };
export type Verification = Omit<api.Verification, 'break' | 'checkpoint'> & {
  break: api.VerificationBreak | null;
  checkpoint: api.VerificationCheckpoint | null;
};

export type DiscoveryResult = Omit<api.DiscoveryResult, 'host'> & {
  host: api.DiscoveredHost | null;
};

/** The answers that differ from the document, by operation. */
type Corrected = {
  importHosts: ImportReport;
  registerHost: RegisteredHost;
  updateHost: Host;
  login: SignIn;
  getMfa: MFA;
  confirmTotp: TOTPConfirmed;
  registerPasskey: RegisteredPasskey;
  getSettings: Settings;
  setAccess: AccessSettings;
  confirmAccess: AccessSettings;
  scanResults: { items: DiscoveryResult[]; total: number };
  getVerification: Verification;
  startVerification: Verification;
  listVerifications: { items: Verification[]; total: number };
  fleetStatus: Fleet;
  listHosts: HostPage;
  getHost: Host;
  createPlan: Plan;
  getPlan: Plan;
  createJob: Job;
  listJobs: JobPage;
  getJob: Job;
  cancelJob: Job;
  rollbackJob: Job;
  rerunJob: Job;
  listJobHosts: JobHostPage;
};

export type Answer<K extends keyof api.Operations> = K extends keyof Corrected
  ? Corrected[K]
  : api.Operations[K]['ok'];
