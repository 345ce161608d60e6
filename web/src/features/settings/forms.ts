import type { Settings } from '../../api/types';
import { z } from '../../lib/schema';

const whole = (least: number, most: number) =>
  z.coerce
    .number<number>('Enter a number.')
    .int('Enter a whole number.')
    .min(least, `At least ${least}.`)
    .max(most, `At most ${most.toLocaleString('en-US')}.`);

/** Limits as the manager has them. */
export const securityForm = z
  .object({
    session_hours: whole(1, 168),
    idle_minutes: whole(5, 720),
    step_up_minutes: whole(1, 60),
    step_up_hosts: whole(1, 10_000),
    ungrouped_visible: z.boolean(),
    password_off: z.boolean(),
    break_glass: z.string(),
  })
  .refine((v) => v.idle_minutes <= v.session_hours * 60, {
    path: ['idle_minutes'],
    message: 'Not longer than the session itself.',
  })
  .refine((v) => !v.password_off || v.break_glass !== '', {
    path: ['break_glass'],
    message: 'Choose the admin who can still come in when the provider is down.',
  });
export type SecurityForm = z.infer<typeof securityForm>;

export function securityFields({ version: _, ...fields }: Settings['security']): SecurityForm {
  return fields;
}

export const auditForm = z
  .object({
    retention_days: whole(30, 3650),
    export: z.enum(['none', 'file', 'syslog']),
    export_path: z.string().trim(),
    syslog_address: z.string().trim(),
  })
  .refine((v) => v.export !== 'file' || v.export_path.startsWith('/'), {
    path: ['export_path'],
    message: 'Enter an absolute path, such as /var/log/patch-manager/checkpoints.log.',
  })
  .refine((v) => v.export !== 'syslog' || /^(udp|tcp):\/\/.+:\d+$/.test(v.syslog_address), {
    path: ['syslog_address'],
    message: 'Write it like udp://192.0.2.9:514 or tcp://log.example.com:601.',
  });
export type AuditForm = z.infer<typeof auditForm>;

export function auditFields({ version: _, ...fields }: Settings['audit']): AuditForm {
  return fields;
}

export const accessLists = ['ui', 'enrollment', 'metrics', 'trusted_proxies'] as const;
export type AccessList = (typeof accessLists)[number];

/** Each list is a text with one entry a line; the manager says which of them it does not take. */
export const accessForm = z.object({
  ui: z.string(),
  enrollment: z.string(),
  metrics: z.string(),
  trusted_proxies: z.string(),
});
export type AccessForm = z.infer<typeof accessForm>;

export function accessFields(stored: Settings['access']): AccessForm {
  const text = (list: AccessList) => stored[list].join('\n');
  return {
    ui: text('ui'),
    enrollment: text('enrollment'),
    metrics: text('metrics'),
    trusted_proxies: text('trusted_proxies'),
  };
}

export const entriesOf = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/**
 * The refused entries of a list as sentences that name the line in the field: the
 * manager counts entries, a person counts lines, and empty lines are not sent.
 */
export function lineErrors(list: string, text: string, errors: Record<string, string>): string[] {
  const lines = text
    .split('\n')
    .map((line, i) => ({ line: line.trim(), number: i + 1 }))
    .filter(({ line }) => line !== '');
  return Object.entries(errors).flatMap(([field, message]) => {
    if (field === list) return [message];
    const index = new RegExp(`^${list}\\[(\\d+)\\]$`).exec(field)?.[1];
    if (index === undefined) return [];
    const at = lines[Number(index)];
    return [at ? `Line ${at.number}, ${at.line}: ${message}` : message];
  });
}
