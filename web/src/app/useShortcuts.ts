import { useEffect, useRef } from 'react';
import { useNavigate } from 'react-router';
import { session } from '../api/session';
import { pagesOf } from './navigation';

/** Keys that a person types into a field are text, never a shortcut. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** Ctrl-K or / searches, ? lists the shortcuts, g and a letter goes to a page. */
export function useShortcuts(actions: { search: () => void; help: () => void }) {
  const navigate = useNavigate();
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    let prefix = '';
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        latest.current.search();
        return;
      }
      if (
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        isTyping(event.target) ||
        document.querySelector('[role="dialog"]')
      )
        return;
      const page = pagesOf(session.get().user).find(
        (item) => item.keys === `${prefix} ${event.key}`,
      );
      prefix = event.key === 'g' ? 'g' : '';
      if (page) navigate(page.to);
      else if (event.key === '?') latest.current.help();
      else if (event.key === '/') {
        event.preventDefault();
        latest.current.search();
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [navigate]);
}
