import { expect, it } from 'vitest';
import { enrollCommand } from './command';
import { denyForm, tokenForm } from './forms';
import { tokenStatus } from './tokenStatus';

const ca = {
  fingerprint: 'sha256:ab',
  subject: '',
  not_before: '',
  not_after: '',
  enroll_url: 'https://pm.example.com:8443',
};

it('writes the line to paste', () => {
  expect(enrollCommand(ca)).toBe(
    'sudo patch-agent enroll https://pm.example.com:8443 --ca-fingerprint sha256:ab',
  );
  expect(enrollCommand(ca, 'T-1')).toMatch(/ --token T-1$/);
  expect(enrollCommand({ ...ca, enroll_url: "https://x/$(reboot)'" })).toContain(
    `'https://x/$(reboot)'\\'''`,
  );
});

it.each([
  [{ note: '', uses: '1', expires_in_hours: '24' }, true],
  [{ note: '', uses: '0', expires_in_hours: '24' }, false],
  [{ note: '', uses: '1001', expires_in_hours: '24' }, false],
  [{ note: '', uses: '1.5', expires_in_hours: '24' }, false],
  [{ note: '', uses: 'x', expires_in_hours: '24' }, false],
  [{ note: '', uses: '5', expires_in_hours: '721' }, false],
  [{ note: 'n'.repeat(201), uses: '5', expires_in_hours: '1' }, false],
])('checks a token before it is made: %o', (form, good) => {
  expect(tokenForm.safeParse(form).success).toBe(good);
});

it('wants a reason for a denial', () => {
  expect(denyForm.safeParse({ reason: '  ' }).success).toBe(false);
  expect(denyForm.parse({ reason: ' not ours ' })).toEqual({ reason: 'not ours' });
});

it('tells a token that works from one that was revoked, used up or is over', () => {
  const now = new Date('2026-11-23T02:00:00Z');
  const token = {
    id: '',
    note: '',
    uses: 2,
    used: 1,
    expires_at: '2026-11-23T03:00:00Z',
    created_at: '',
    created_by: '',
    revoked_at: null,
  };
  const label = (more: object) => tokenStatus({ ...token, ...more }, now).label;
  expect([
    label({}),
    label({ used: 2 }),
    label({ expires_at: '2026-11-23T02:00:00Z' }),
    label({ revoked_at: '2026-11-22T00:00:00Z', used: 2 }),
  ]).toEqual(['Works', 'Used up', 'Expired', 'Revoked']);
});
