/** Run-time settings, one struct a section. */
export type SecuritySettings = {
  version: number;
  session_hours: number;
  idle_minutes: number;
  step_up_minutes: number;
  step_up_hosts: number;
  ungrouped_visible: boolean;
  password_off: boolean;
  break_glass: string;
};
export type AccessLists = {
  ui: string[];
  enrollment: string[];
  metrics: string[];
  trusted_proxies: string[];
};
export type AccessSettings = AccessLists & {
  version: number;
  /** When a change that was not confirmed is taken back. */
  revert_at: string | null;
  previous: AccessLists | null;
};
export type AuditSettings = {
  version: number;
  retention_days: number;
  export: 'none' | 'file' | 'syslog';
  export_path: string;
  syslog_address: string;
};
export type Settings = {
  security: SecuritySettings;
  access: AccessSettings;
  audit: AuditSettings;
};

export interface SettingsOperations {
  getSettings: { ok: Settings };
  setSecurity: { body: SecuritySettings; ok: unknown };
  setAccess: { body: AccessLists & { version: number; shut_me_out?: boolean }; ok: unknown };
  confirmAccess: { ok: unknown };
  setAudit: { body: AuditSettings; ok: unknown };
}

export const settingsRoutes = {
  getSettings: ['GET', '/api/v1/settings'],
  setSecurity: ['PUT', '/api/v1/settings/security'],
  setAccess: ['PUT', '/api/v1/settings/access'],
  confirmAccess: ['POST', '/api/v1/settings/access/confirm'],
  setAudit: ['PUT', '/api/v1/settings/audit'],
} as const;
