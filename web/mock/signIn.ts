import type { SignIn, SignInMethods } from '../src/api/types';
import { json, nothing, type Route, refuse, state } from './answers';
import { ago } from './hosts';
import { isWrong, me, mfa, session } from './me';

const challenge: SignIn = {
  session: null,
  challenge: {
    token: 'made-up-challenge',
    methods: ['totp', 'passkey', 'recovery_code'],
    expires_at: ago(-300),
  },
};

function enter() {
  state.signedIn = true;
  return json(session());
}

function tooMany() {
  const answer = refuse(429, 'too_many_attempts', 'Too many attempts. Try again in 4m32s.');
  answer.headers.set('Retry-After', '272');
  return answer;
}

/** Passwords of the made-up manager: "wrong" and "locked" are refused, all others are right. */
export const signInRoutes: Route[] = [
  [
    'GET',
    /^\/auth\/methods$/,
    () =>
      json({
        password: !state.ssoOnly,
        passkey: true,
        providers: state.ssoOnly || state.sso ? [{ id: 'idp', name: 'Example ID' }] : [],
      } satisfies SignInMethods),
  ],
  [
    'POST',
    /^\/auth\/refresh$/,
    () => (state.signedIn ? json(session()) : refuse(401, 'session_ended', 'No session.')),
  ],
  [
    'POST',
    /^\/auth\/login$/,
    (_, { body }) => {
      if (body.password === 'wrong')
        return refuse(401, 'invalid_credentials', 'User name or password is wrong.');
      if (body.password === 'locked') return tooMany();
      if (state.challenge) return json(challenge);
      state.signedIn = true;
      return json({ session: session(), challenge: null } satisfies SignIn);
    },
  ],
  [
    'POST',
    /^\/auth\/login\/totp$/,
    (_, { body }) => {
      if (body.code === '111111')
        return refuse(401, 'challenge_ended', 'This sign-in took too long or was tried too often.');
      if (isWrong(body.code)) return refuse(401, 'invalid_code', 'This code is wrong.');
      return enter();
    },
  ],
  [
    'POST',
    /^\/auth\/login\/recovery-code$/,
    (_, { body }) => {
      if (body.code === 'wrong') return refuse(401, 'invalid_code', 'This code is wrong.');
      mfa.recovery_codes_left--;
      return enter();
    },
  ],
  [
    'POST',
    /^\/auth\/login\/passkey\/options$/,
    () => json({ ceremony: 'made-up', options: { challenge: 'AAAA', rpId: 'localhost' } }),
  ],
  ['POST', /^\/auth\/login\/passkey$/, () => enter()],
  [
    'POST',
    /^\/auth\/logout$/,
    () => {
      state.signedIn = false;
      return nothing();
    },
  ],
  [
    'POST',
    /^\/auth\/password$/,
    (_, { body }) => {
      if (body.current_password === 'wrong')
        return refuse(401, 'invalid_credentials', 'User name or password is wrong.');
      state.mustChange = false;
      return json(session());
    },
  ],
  ['GET', /^\/auth\/me$/, () => json(me())],
];
