import { Chip, Stack } from '../../ui/mui';
import { otherParts } from './filterWords';
import type { HostFilter } from './queries';

/** What else the list is limited to, each part with a way to drop it. */
export function FilterChips(props: { filter: HostFilter; onDrop: (name: string) => void }) {
  const parts = otherParts(props.filter);
  if (parts.length === 0) return null;
  return (
    <Stack
      component="ul"
      direction="row"
      aria-label="Also limited to"
      sx={{ listStyle: 'none', m: 0, px: 1.5, pb: 1.5, gap: 1, flexWrap: 'wrap' }}
    >
      {parts.map((part) => (
        <li key={part.name}>
          <Chip size="small" label={part.words} onDelete={() => props.onDrop(part.name)} />
        </li>
      ))}
    </Stack>
  );
}
