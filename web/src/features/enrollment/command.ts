import type { CA } from '../../api/types';

/** The line to paste on the machine that shall join. Single quotes keep a shell from reading more into it. */
export function enrollCommand(ca: CA, token?: string): string {
  const words = [
    'sudo patch-agent enroll',
    quote(ca.enroll_url),
    '--ca-fingerprint',
    quote(ca.fingerprint),
  ];
  if (token) words.push('--token', quote(token));
  return words.join(' ');
}

function quote(text: string): string {
  return /^[\w:./@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
