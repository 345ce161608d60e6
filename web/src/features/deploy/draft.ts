import type { JobInput, Selection } from '../../api/types';

/** What is about to be ordered, as the address of the page holds it. */
export type Draft = {
  /** Named hosts, or the query of the hosts page that they all match. */
  hosts: string[];
  all: string;
  selection: Selection;
  reboot: JobInput['reboot'];
  removals: boolean;
  note: string;
  planId: string;
  step: 'hosts' | 'what' | 'plan';
};

const split = (text: string) => text.split(',').filter(Boolean);

export function draftFrom(get: (name: string) => string): Draft {
  const hosts = split(get('hosts'));
  const all = get('all');
  const mode = get('mode');
  const reboot = get('reboot');
  const step = get('step');
  const chosen = hosts.length > 0 || all !== '';
  return {
    hosts,
    all,
    selection: {
      mode: mode === 'all' || mode === 'named' ? mode : 'security',
      packages: mode === 'named' ? split(get('packages')) : undefined,
      exclude: split(get('exclude')),
    },
    reboot: reboot === 'if_needed' || reboot === 'always' ? reboot : 'never',
    removals: get('removals') === '1',
    note: get('note'),
    planId: get('plan'),
    step: !chosen ? 'hosts' : step === 'hosts' || (step === 'plan' && get('plan')) ? step : 'what',
  };
}

/** Why no plan can be made of the draft yet; empty when one can. */
export function incomplete(draft: Draft): string {
  if (draft.hosts.length === 0 && !draft.all) return 'Choose at least one host.';
  if (draft.selection.mode === 'named' && !draft.selection.packages?.length)
    return 'Name at least one package.';
  return '';
}

/** What the manager is asked for: a list of packages only with "named", exclusions only when there are some. */
export function selectionOf(draft: Draft): Selection {
  const { mode, packages, exclude } = draft.selection;
  return {
    mode,
    ...(mode === 'named' ? { packages } : {}),
    ...(exclude?.length ? { exclude } : {}),
  };
}
