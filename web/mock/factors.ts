import { byId, json, nothing, type Route, refuse, state } from './answers';
import { ago, id } from './hosts';
import { mfa, session, stale, wrongCode } from './me';

const codes = () =>
  Array.from({ length: 10 }, (_, i) => `${7000 + i * 37}-k${i}m4-x${9 - i}pq`.toLowerCase());

/** Looks like a QR code and says nothing: three corners and noise that is the same each time. */
function madeUpQr(side = 41): string[] {
  const corner = (x: number, y: number) => {
    const ring = Math.max(Math.abs(x - 3), Math.abs(y - 3));
    return ring === 3 || ring <= 1;
  };
  const dark = (x: number, y: number) => {
    for (const [ox, oy] of [
      [0, 0],
      [side - 7, 0],
      [0, side - 7],
    ] as const) {
      const inX = x >= ox - 1 && x <= ox + 7;
      const inY = y >= oy - 1 && y <= oy + 7;
      if (inX && inY) return corner(x - ox, y - oy);
    }
    return (x * 7 + y * 13 + ((x * y) % 11) + ((x ^ y) % 5)) % 2 === 0;
  };
  return Array.from({ length: side }, (_, y) =>
    Array.from({ length: side }, (_, x) => (dark(x, y) ? '1' : '0')).join(''),
  );
}

function freshNow() {
  state.fresh = true;
  return json({ fresh_until: ago(-300) });
}

/** The first factor ends the restricted session and brings the recovery codes. */
function firstFactor() {
  const first = state.mustSetUpMfa;
  state.mustSetUpMfa = false;
  if (first) mfa.recovery_codes_left = 10;
  return first;
}

export const factorRoutes: Route[] = [
  [
    'GET',
    /^\/auth\/mfa$/,
    () => json(state.mustSetUpMfa ? { totp: null, passkeys: [], recovery_codes_left: 0 } : mfa),
  ],
  [
    'POST',
    /^\/auth\/mfa\/totp$/,
    () =>
      json(
        {
          secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
          uri: 'otpauth://totp/Patch%20Manager:admin?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
          qr: madeUpQr(),
        },
        201,
      ),
  ],
  [
    'POST',
    /^\/auth\/mfa\/totp\/confirm$/,
    (_, { body }) => {
      const wrong = wrongCode(body.code);
      if (wrong) return wrong;
      mfa.totp = { confirmed_at: ago(0) };
      const first = firstFactor();
      return json({ recovery_codes: first ? codes() : null, session: first ? session() : null });
    },
  ],
  [
    'DELETE',
    /^\/auth\/mfa\/totp$/,
    () => {
      const refused = stale();
      if (refused) return refused;
      if (mfa.passkeys.length === 0)
        return refuse(409, 'last_factor', 'This is your last second factor.');
      mfa.totp = null;
      return nothing();
    },
  ],
  [
    'POST',
    /^\/auth\/mfa\/passkeys\/options$/,
    () => stale() ?? json({ ceremony: 'made-up', options: { challenge: 'AAAA' } }),
  ],
  [
    'POST',
    /^\/auth\/mfa\/passkeys$/,
    (_, { body }) => {
      const passkey = {
        id: id('K', mfa.passkeys.length + 1),
        name: String(body.name),
        created_at: ago(0),
        last_used_at: null,
        backed_up: true,
      };
      mfa.passkeys.push(passkey);
      const first = firstFactor();
      return json(
        { passkey, recovery_codes: first ? codes() : null, session: first ? session() : null },
        201,
      );
    },
  ],
  [
    'PATCH',
    /^\/auth\/mfa\/passkeys\/(\w+)$/,
    (m, { body }) => byId(mfa.passkeys, m[1], (k) => json(Object.assign(k, { name: body.name }))),
  ],
  [
    'DELETE',
    /^\/auth\/mfa\/passkeys\/(\w+)$/,
    (m) => {
      const refused = stale();
      if (refused) return refused;
      mfa.passkeys = mfa.passkeys.filter((key) => key.id !== m[1]);
      return nothing();
    },
  ],
  [
    'POST',
    /^\/auth\/mfa\/recovery-codes$/,
    () => {
      const refused = stale();
      if (refused) return refused;
      mfa.recovery_codes_left = 10;
      return json({ recovery_codes: codes() });
    },
  ],
  ['POST', /^\/auth\/step-up\/totp$/, (_, { body }) => wrongCode(body.code) ?? freshNow()],
  [
    'POST',
    /^\/auth\/step-up\/passkey\/options$/,
    () => json({ ceremony: 'made-up', options: { challenge: 'AAAA' } }),
  ],
  ['POST', /^\/auth\/step-up\/passkey$/, () => freshNow()],
];
