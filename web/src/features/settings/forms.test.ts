import { expect, it } from 'vitest';
import { providers } from '../../../mock/sso';
import { onlyUsed } from './AuditSection';
import { auditForm, entriesOf, lineErrors, securityForm } from './forms';
import { fieldsOf, formPath, inputOf, providerForm } from './providerValues';

it('sends what is on the lines and names refused entries by their line', () => {
  const text = '192.0.2.0/24\n\n  ten/8 \n2001:db8::/32\n';
  expect(entriesOf(text)).toEqual(['192.0.2.0/24', 'ten/8', '2001:db8::/32']);
  const errors = {
    'ui[1]': 'No network.',
    ui: 'At most 500 entries.',
    'metrics[0]': 'Other list.',
  };
  expect(lineErrors('ui', text, errors)).toEqual([
    'Line 3, ten/8: No network.',
    'At most 500 entries.',
  ]);
  // The text was changed since: the message is shown without a line.
  expect(lineErrors('ui', '', { 'ui[1]': 'No network.' })).toEqual(['No network.']);
});

const security = {
  session_hours: 12,
  idle_minutes: 60,
  step_up_minutes: 5,
  step_up_hosts: 50,
  ungrouped_visible: false,
  password_off: false,
  break_glass: '',
};
const messages = (result: ReturnType<typeof securityForm.safeParse>) =>
  Object.fromEntries(result.error?.issues.map((i) => [i.path.join('.'), i.message]) ?? []);

it('holds the limits of the security settings', () => {
  expect(securityForm.safeParse(security).success).toBe(true);
  expect(messages(securityForm.safeParse({ ...security, step_up_minutes: '61' }))).toEqual({
    step_up_minutes: 'At most 60.',
  });
  expect(
    messages(securityForm.safeParse({ ...security, session_hours: 1, idle_minutes: 61 })),
  ).toEqual({
    idle_minutes: 'Not longer than the session itself.',
  });
  expect(messages(securityForm.safeParse({ ...security, password_off: true }))).toHaveProperty(
    'break_glass',
  );
});

it('wants a place for checkpoints and sends only the one that is used', () => {
  const file = {
    retention_days: 183,
    export: 'file' as const,
    export_path: '',
    syslog_address: 'x',
  };
  expect(auditForm.safeParse(file).success).toBe(false);
  expect(auditForm.safeParse({ ...file, export_path: '/var/log/a.log' }).success).toBe(true);
  expect(onlyUsed({ ...file, export_path: '/var/log/a.log' }).syslog_address).toBe('');
});

it('never sends a secret that was not typed, and keeps what is enabled', () => {
  const provider = providers[0];
  const fields = fieldsOf(provider);
  expect(providerForm.safeParse(fields).success).toBe(true);
  const kept = inputOf(fields, provider);
  expect(kept).not.toHaveProperty('client_secret');
  expect(kept).toMatchObject({ enabled: true, scopes: ['openid', 'profile', 'email'], issuer: '' });
  expect(inputOf({ ...fields, client_secret: 's' }, provider).client_secret).toBe('s');
  expect(inputOf(fieldsOf(undefined), undefined).enabled).toBe(false);
  expect(formPath('mappings[2].claim_value')).toBe('mappings.2.claim_value');
});

it('takes an issuer by https, and by http only from the machine of the manager', () => {
  const named = { ...fieldsOf(undefined), name: 'Login', client_id: 'patch-manager' };
  const takes = (issuer: string) => providerForm.safeParse({ ...named, issuer }).success;
  for (const issuer of ['https://id.example.com/realms/main', 'http://127.0.0.1:5556'])
    expect(takes(issuer), issuer).toBe(true);
  expect(takes('http://localhost/'), 'localhost').toBe(true);
  expect(takes('http://[::1]:8080/id'), 'IPv6').toBe(true);
  for (const issuer of [
    '',
    'id.example.com',
    'http://id.example.com',
    'http://127.0.0.1.example.com',
  ])
    expect(takes(issuer), issuer).toBe(false);
});
