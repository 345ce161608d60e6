import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { can, rules, whyNot } from './can';

/** The manager's own table, as it is written in internal/auth/permission.go. */
function managersTable() {
  const go = readFileSync(join(process.cwd(), '..', 'internal', 'auth', 'permission.go'), 'utf8');
  const names = new Map(
    [...go.matchAll(/(\w+)\s+Permission = "([\w.]+)"/g)].map((m) => [m[1], m[2]]),
  );
  const role = (name: string) => name.replace(/^Role/, '').toLowerCase();
  const list = (text: string) => text.split(',').map((each) => role(each.trim()));
  const sets = new Map(
    [...go.matchAll(/(\w+)\s+= \[\]Role\{([^}]+)\}/g)].map((m) => [m[1], list(m[2] as string)]),
  );
  const rows = [...go.matchAll(/^\t(\w+):\s+\{roles: (?:\[\]Role\{([^}]+)\}|(\w+))(.*)\},$/gm)];
  return Object.fromEntries(
    rows.map(([, name, own, shared, rest]) => [
      names.get(name),
      {
        roles: own ? list(own) : sets.get(shared),
        refusal: rest?.match(/refusal: "([^"]*)"/)?.[1] ?? '',
      },
    ]),
  );
}

it('says of every permission what the manager says', () => {
  expect(rules).toEqual(managersTable());
});

it('gives nobody anything, and a reason with each refusal', () => {
  expect(can(null, 'fleet.read')).toBe(false);
  expect(whyNot(undefined, 'account.own')).toBe('Sign in first.');
  expect(whyNot({ role: 'operator' }, 'users.read')).toBe(
    'Only admins and auditors may see users.',
  );
  expect(whyNot({ role: 'operator' }, 'fleet.operate')).toBe('');
  expect(can({ role: 'a role of tomorrow' }, 'fleet.operate')).toBe(false);
});
