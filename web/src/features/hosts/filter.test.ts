import { describe, expect, it } from 'vitest';
import { filterFrom, filterNames, filterText, isFiltered, noFilter } from './filter';
import { otherParts } from './filterWords';

const read = (query: string) => {
  const params = new URLSearchParams(query);
  return filterFrom((name) => params.get(name) ?? '');
};

describe('the filter of hosts', () => {
  it('comes back out of the address as it went in', () => {
    const text =
      'q=web&state=unknown%2Chealthy&os=Debian&group_id=none&label=env%3Dtest%2Ctier&agent_version=1.2.0&pending=security' +
      '&severity=critical%2Chigh&reboot=unknown&compliance=not_compliant&facts=stale&unseen_hours=24&certificate_days=30&enrolled=false';
    expect(new URLSearchParams(filterText(read(text))).toString()).toBe(
      new URLSearchParams(text).toString(),
    );
    expect([...new URLSearchParams(text).keys()]).toEqual([...filterNames]);
  });

  it('leaves nonsense out', () => {
    expect(
      isFiltered(
        read('state=best&pending=x&severity=bad&unseen_hours=-1&certificate_days=x&reboot=maybe'),
      ),
    ).toBe(false);
  });

  it('says in words what no control shows', () => {
    const words = otherParts(
      read(
        'severity=critical,low&compliance=unknown&label=env=a,b&unseen_hours=1&certificate_days=30&enrolled=false&facts=never&state=healthy',
      ),
    ).map((part) => part.words);
    expect(words).toEqual([
      'Misses critical or low',
      'Compliance: not known',
      'Label env=a, b',
      'Patches never told',
      'Not seen for 1 hour',
      'Certificate ends within 30 days',
      'Not enrolled yet',
    ]);
  });

  it('is cleared whole', () => {
    expect(Object.keys(noFilter)).toEqual([...filterNames]);
  });
});
