import { expect, it } from 'vitest';
import { digitsOf } from '../../ui/CodeField';
import { clockWords } from '../../ui/Countdown';
import { qrPath } from '../../ui/QrCode';
import { adviceFor } from './advice';
import { tokenForm } from './forms';
import { deviceName } from './PasskeySetup';
import { rowsOf } from './profile/SignOnsTab';
import { rolesUpTo } from './profile/words';
import { recoveryFile } from './RecoveryCodes';
import { challengeFrom } from './signin/fromProvider';
import { ssoErrorWords } from './signin/reasons';
import { grouped } from './TotpSetup';

it('judges a password by its length alone', () => {
  expect(adviceFor('Tr0ub4dor&3').status.label).toBe('Too short');
  expect(adviceFor('correct horse').status.label).toBe('Acceptable');
  expect(adviceFor('correct horse battery').status.label).toBe('Very good');
  expect(adviceFor('aaaaaaaaaaaaaaaaaaaaaaaa').status.tone).toBe('high');
  expect(adviceFor('').words).toContain('At least 12');
  // Length is what a person sees: one emoji of two code units is one.
  expect(adviceFor('🔑'.repeat(11)).status.label).toBe('Too short');
});

it('reads codes and keys as people paste them', () => {
  expect(digitsOf('123 456')).toBe('123456');
  expect(digitsOf('code: 123-456-789')).toBe('123456');
  expect(grouped('JBSWY3DPEHPK3PXP')).toBe('JBSW Y3DP EHPK 3PXP');
  expect([clockWords(59), clockWords(60), clockWords(272)]).toEqual(['59 s', '1:00', '4:32']);
});

it('draws runs of dark modules as one path', () => {
  expect(qrPath(['1101', '0000', '0010'])).toBe('M0 0h2v1h-2zM3 0h1v1h-1zM2 2h1v1h-1z');
});

it('takes only what is known of a sign-in that a provider brought back', () => {
  expect(challengeFrom('')).toBeNull();
  expect(challengeFrom('#section')).toBeNull();
  expect(
    challengeFrom('#challenge=abc&methods=totp,carrier_pigeon,passkey&return_to=%2Fhosts'),
  ).toEqual({
    challenge: { token: 'abc', methods: ['totp', 'passkey'], expires_at: '' },
    returnTo: '/hosts',
  });
  expect(ssoErrorWords('constructor')).toContain('(constructor)');
});

it('offers no role above the own one', () => {
  expect(rolesUpTo('admin')).toHaveLength(3);
  expect(rolesUpTo('operator')).toEqual(['operator']);
  expect(rolesUpTo('auditor')).toEqual(['auditor']);
});

it('wants groups only where a token is narrowed to them', () => {
  const form = {
    name: 'x',
    role: 'operator',
    read_only: true,
    narrowed: true,
    group_ids: [],
    expires_in_days: 30,
  };
  expect(tokenForm.safeParse(form).success).toBe(false);
  expect(tokenForm.safeParse({ ...form, group_ids: ['g'] }).success).toBe(true);
  expect(tokenForm.safeParse({ ...form, narrowed: false }).success).toBe(true);
  expect(
    tokenForm.safeParse({ ...form, narrowed: false, expires_in_days: Number.NaN }).success,
  ).toBe(false);
});

it('says in the file whose codes they are and what they do', () => {
  const text = recoveryFile(['a-1', 'b-2'], 'kim', 'manager.example.com');
  expect(text).toContain('Recovery codes of kim at manager.example.com');
  expect(text.endsWith('a-1\nb-2\n')).toBe(true);
});

it('names a new passkey after the device', () => {
  expect(deviceName('Mozilla/5.0 (Windows NT 10.0; Win64)')).toBe('Windows computer');
  expect(deviceName('Mozilla/5.0 (Linux; Android 16)')).toBe('Android phone');
  expect(deviceName('')).toBe('Passkey');
});

it('shows links to providers that are switched off too', () => {
  const link = { provider_id: 'old', name: 'Old', subject: 's', linked_at: '' };
  expect(rowsOf([link], [{ id: 'new', name: 'New' }])).toEqual([
    { provider_id: 'new', name: 'New', link: null },
    { provider_id: 'old', name: 'Old', link },
  ]);
});
