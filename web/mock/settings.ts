import type { Access, Settings } from '../src/api/types';
import { json, type Route, refuse } from './answers';
import { ago } from './hosts';

/** Made-up settings; a list without 192.0.2.0/24 would shut this page out. */
export const settings: Settings = {
  security: {
    version: 3,
    session_hours: 12,
    idle_minutes: 60,
    step_up_minutes: 5,
    step_up_hosts: 50,
    ungrouped_visible: false,
    password_off: false,
    break_glass: '',
  },
  access: {
    version: 7,
    ui: [],
    enrollment: ['192.0.2.0/24', '2001:db8::/32'],
    metrics: ['127.0.0.1/32'],
    trusted_proxies: [],
    revert_at: null,
    previous: null,
  },
  audit: {
    version: 1,
    retention_days: 183,
    export: 'file',
    export_path: '/var/log/patch-manager/checkpoints.log',
    syslog_address: '',
  },
};

const changed = () =>
  refuse(409, 'settings_changed', 'Somebody else has changed these settings meanwhile.');

function save<K extends keyof Settings>(section: K, body: Record<string, unknown>) {
  if (body.version !== settings[section].version) return changed();
  Object.assign(settings[section], body, { version: settings[section].version + 1 });
  return json(settings[section]);
}

const isCidr = (text: string) => /^[\da-f:.]+\/\d{1,3}$/i.test(text);

function wrongLines(body: Record<string, unknown>) {
  return (['ui', 'enrollment', 'metrics', 'trusted_proxies'] as const).flatMap((list) =>
    (body[list] as string[]).flatMap((entry, i) =>
      isCidr(entry)
        ? []
        : [
            {
              field: `body.${list}[${i}]`,
              message: `"${entry}" is not a network: write it like 192.0.2.0/24 or 2001:db8::/32.`,
            },
          ],
    ),
  );
}

function lists({ ui, enrollment, metrics, trusted_proxies }: Access): Access {
  return { ui, enrollment, metrics, trusted_proxies };
}

function saveAccess(body: Record<string, unknown>) {
  const wrong = wrongLines(body);
  if (wrong.length > 0) return refuse(422, 'validation_failed', 'Some entries are wrong.', wrong);
  if (body.version !== settings.access.version) return changed();
  const ui = body.ui as string[];
  const out = ui.length > 0 && !ui.some((entry) => entry.startsWith('192.0.2.'));
  if (out && !body.shut_me_out)
    return refuse(
      409,
      'would_shut_you_out',
      'Your address 192.0.2.40 is in none of the networks of the list for the interface.',
    );
  const previous = lists(settings.access);
  const { shut_me_out: _, ...rest } = body;
  save('access', rest);
  Object.assign(
    settings.access,
    out ? { revert_at: ago(-300), previous } : { revert_at: null, previous: null },
  );
  return json(settings.access);
}

export const settingsRoutes: Route[] = [
  ['GET', /^\/settings$/, () => json(settings)],
  ['PUT', /^\/settings\/security$/, (_, { body }) => save('security', body)],
  ['PUT', /^\/settings\/audit$/, (_, { body }) => save('audit', body)],
  ['PUT', /^\/settings\/access$/, (_, { body }) => saveAccess(body)],
  [
    'POST',
    /^\/settings\/access\/confirm$/,
    () => {
      Object.assign(settings.access, { revert_at: null, previous: null });
      return json(settings.access);
    },
  ],
];
