import { expect, it } from 'vitest';
import { passwordForm, signInForm } from './forms';

const problems = (result: { success: boolean; error?: { issues: { path: PropertyKey[] }[] } }) =>
  result.error?.issues.map((issue) => issue.path.join('.')) ?? [];

it.each([
  [
    {
      current_password: 'old secret',
      new_password: 'a long new secret',
      repeated: 'a long new secret',
    },
    [],
  ],
  [
    { current_password: '', new_password: 'a long new secret', repeated: 'a long new secret' },
    ['current_password'],
  ],
  [{ current_password: 'x', new_password: 'short', repeated: 'short' }, ['new_password']],
  [{ current_password: 'x', new_password: 'a long new secret', repeated: 'another' }, ['repeated']],
  [
    {
      current_password: 'the same secret',
      new_password: 'the same secret',
      repeated: 'the same secret',
    },
    ['new_password'],
  ],
])('checks a new password before it is sent: %o', (form, fields) => {
  expect(problems(passwordForm.safeParse(form))).toEqual(fields);
});

it('wants both parts of a sign-in, and keeps spaces of the password', () => {
  expect(problems(signInForm.safeParse({ username: ' ', password: '' }))).toEqual([
    'username',
    'password',
  ]);
  expect(signInForm.parse({ username: ' admin ', password: ' x ' })).toEqual({
    username: 'admin',
    password: ' x ',
  });
});
