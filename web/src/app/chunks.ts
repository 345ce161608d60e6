/**
 * Loading of pages that are files of their own. A network that comes and goes, or a
 * manager that was updated, makes such a file unreachable; the two need different words.
 */

/** The browser's ways of saying that a file of the application did not arrive. */
export const isChunkError = (error: unknown) =>
  error instanceof Error &&
  /dynamically imported module|module script|Unable to preload CSS/i.test(error.message);

/** Until the browser says that it is online, but not for ever: it may be wrong. */
function network(patience: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, navigator.onLine ? 500 : patience);
    if (!navigator.onLine) window.addEventListener('online', done);
    function done() {
      clearTimeout(timer);
      window.removeEventListener('online', done);
      resolve();
    }
  });
}

/** Loads a page, and once more when its file did not arrive: a changed network drops what was on its way. */
export function retried<T>(load: () => Promise<T>, patience = 10_000): () => Promise<T> {
  return async () => {
    try {
      return await load();
    } catch (error) {
      if (!isChunkError(error)) throw error;
      await network(patience);
      return load().catch((again: unknown) => loadAnew<T>(again));
    }
  };
}

/** Some browsers remember that a file failed, by its address: the same file at another one is asked for. */
async function loadAnew<T>(error: unknown): Promise<T> {
  const address = error instanceof Error && error.message.match(/https?:\/\/\S+\.js/)?.[0];
  if (!address || new URL(address).origin !== window.location.origin) throw error;
  return (await import(/* @vite-ignore */ `${address}?again`)) as T;
}

export type LoadFailure = 'updated' | 'unreachable' | 'broken';

/** Why a page's file did not arrive: asks the manager which files its first page names now. */
export async function whyNotLoaded(): Promise<LoadFailure> {
  try {
    const answer = await fetch('/', { cache: 'no-store' });
    if (!answer.ok) return 'unreachable';
    const page = await answer.text();
    return ownScripts().every((script) => page.includes(script)) ? 'broken' : 'updated';
  } catch {
    return 'unreachable';
  }
}

function ownScripts(): string[] {
  return [...document.querySelectorAll('script[type="module"][src]')].map(
    (script) => script.getAttribute('src') as string,
  );
}
