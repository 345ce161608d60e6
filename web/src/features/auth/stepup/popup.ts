/**
 * How the pop-up of a provider tells the page that opened it how it went. The
 * pages' opener policy cuts the two windows apart while a foreign site is shown,
 * so neither `opener` nor `closed` can be used.
 */
export type PopupNews = { kind: 'done' } | { kind: 'failed'; code: string };

const channel = 'pm-step-up';

export function sayFromPopup(news: PopupNews) {
  const say = new BroadcastChannel(channel);
  say.postMessage(news);
  say.close();
}

export function hearPopup(listener: (news: PopupNews) => void): () => void {
  const hear = new BroadcastChannel(channel);
  hear.onmessage = (event: MessageEvent<PopupNews>) => listener(event.data);
  return () => hear.close();
}
