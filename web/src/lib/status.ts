/**
 * The words, colour and shape of every state. Colour is never alone: each state
 * has its own icon, and what is not known is grey and outlined, never green.
 */
export type Tone =
  | 'critical'
  | 'high'
  | 'medium'
  | 'low'
  | 'unknown'
  | 'ok'
  | 'running'
  | 'paused'
  | 'neutral';

export type Shape =
  | 'check'
  | 'cross'
  | 'warning'
  | 'octagon'
  | 'triangle'
  | 'diamond'
  | 'down'
  | 'question'
  | 'play'
  | 'clock'
  | 'stop'
  | 'half'
  | 'link_off';

export type Status = { label: string; tone: Tone; shape: Shape };

const hostStates: Record<string, Status> = {
  healthy: { label: 'Healthy', tone: 'ok', shape: 'check' },
  degraded: { label: 'Degraded', tone: 'medium', shape: 'warning' },
  unreachable: { label: 'Unreachable', tone: 'critical', shape: 'link_off' },
  unknown: { label: 'Unknown', tone: 'unknown', shape: 'question' },
};

const jobStates: Record<string, Status> = {
  queued: { label: 'Queued', tone: 'neutral', shape: 'clock' },
  running: { label: 'Running', tone: 'running', shape: 'play' },
  succeeded: { label: 'Succeeded', tone: 'ok', shape: 'check' },
  partially_failed: { label: 'Partially failed', tone: 'high', shape: 'half' },
  failed: { label: 'Failed', tone: 'critical', shape: 'cross' },
  cancelled: { label: 'Cancelled', tone: 'neutral', shape: 'stop' },
  expired: { label: 'Expired', tone: 'medium', shape: 'clock' },
};

const jobHostStates: Record<string, Status> = {
  ...jobStates,
  waiting: { label: 'Waiting', tone: 'paused', shape: 'clock' },
  claimed: { label: 'Starting', tone: 'running', shape: 'clock' },
  lost: { label: 'No answer', tone: 'high', shape: 'link_off' },
};

const severities: Record<string, Status> = {
  critical: { label: 'Critical', tone: 'critical', shape: 'octagon' },
  high: { label: 'High', tone: 'high', shape: 'triangle' },
  medium: { label: 'Medium', tone: 'medium', shape: 'diamond' },
  low: { label: 'Low', tone: 'low', shape: 'down' },
  unknown: { label: 'Unknown', tone: 'unknown', shape: 'question' },
};

const readiness: Record<string, Status> = {
  ready: { label: 'Can be rolled back', tone: 'ok', shape: 'check' },
  partial: { label: 'Partly', tone: 'medium', shape: 'half' },
  impossible: { label: 'Not possible', tone: 'critical', shape: 'cross' },
};

const checks: Record<string, Status> = {
  ok: { label: 'OK', tone: 'ok', shape: 'check' },
  warn: { label: 'Warning', tone: 'medium', shape: 'warning' },
  fail: { label: 'Fails', tone: 'critical', shape: 'cross' },
};

const enrollments: Record<string, Status> = {
  pending: { label: 'Waiting for approval', tone: 'paused', shape: 'clock' },
  approved: { label: 'Approved', tone: 'ok', shape: 'check' },
  denied: { label: 'Denied', tone: 'critical', shape: 'cross' },
  expired: { label: 'Expired', tone: 'medium', shape: 'clock' },
};

const scans: Record<string, Status> = {
  queued: { label: 'Waiting', tone: 'paused', shape: 'clock' },
  running: { label: 'Running', tone: 'running', shape: 'play' },
  finished: { label: 'Finished', tone: 'ok', shape: 'check' },
  cancelled: { label: 'Cancelled', tone: 'neutral', shape: 'stop' },
  failed: { label: 'Failed', tone: 'critical', shape: 'cross' },
};

/** What a scan finds. That somebody listens is neither good nor bad. */
const findings: Record<string, Status> = {
  enrolled: { label: 'Enrolled', tone: 'ok', shape: 'check' },
  elsewhere: { label: 'Moved or cloned', tone: 'high', shape: 'warning' },
  ended: { label: 'No longer valid', tone: 'medium', shape: 'link_off' },
  other_agent: { label: 'Possibly another agent', tone: 'paused', shape: 'question' },
  other_tls: { label: 'Other TLS service', tone: 'neutral', shape: 'diamond' },
  open: { label: 'Open, no TLS', tone: 'neutral', shape: 'half' },
};

/** A state that a newer manager knows and this page does not is shown as unknown, by its own name. */
function lookUp(table: Record<string, Status>, value: string): Status {
  return (
    (Object.hasOwn(table, value) && table[value]) || {
      label: value || 'Unknown',
      tone: 'unknown',
      shape: 'question',
    }
  );
}

export const hostStatus = (state: string) => lookUp(hostStates, state);
export const jobStatus = (state: string) => lookUp(jobStates, state);
export const jobHostStatus = (state: string) => lookUp(jobHostStates, state);
export const severityStatus = (severity: string) => lookUp(severities, severity);
export const rollbackStatus = (state: string) => lookUp(readiness, state);
export const checkStatus = (level: string) => lookUp(checks, level);
export const enrollmentStatus = (status: string) => lookUp(enrollments, status);

export const scanStatus = (state: string) => lookUp(scans, state);
export const findingStatus = (kind: string) => lookUp(findings, kind);

export const findingOrder = [
  'elsewhere',
  'ended',
  'other_agent',
  'other_tls',
  'open',
  'enrolled',
] as const;
export const hostStateOrder = ['unreachable', 'degraded', 'unknown', 'healthy'] as const;
export const severityOrder = ['critical', 'high', 'medium', 'low', 'unknown'] as const;
/** Failures first, then what is under way, then what is over. */
export const jobHostStateOrder = [
  'failed',
  'lost',
  'expired',
  'running',
  'claimed',
  'queued',
  'waiting',
  'cancelled',
  'succeeded',
] as const;

const finalStates = new Set(['succeeded', 'partially_failed', 'failed', 'cancelled', 'expired']);

/** Whether a job or a job host in this state will never change again. */
export const isFinal = (state: string) => finalStates.has(state);
