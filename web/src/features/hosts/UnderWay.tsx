import { count } from '../../lib/words';
import { Box, LinearProgress } from '../../ui/mui';
import { slowAbove } from './bulkProps';

/** Says that an act on very many hosts is being done: all of it at once, or nothing. */
export function UnderWay({ n, busy }: { n: number; busy: boolean }) {
  if (!busy || n <= slowAbove) return null;
  return (
    <Box role="status" sx={{ fontSize: 13 }}>
      {count(n, 'host')} are being changed, all of them or none. This may take some seconds.
      <LinearProgress aria-label="Under way" sx={{ mt: 1 }} />
    </Box>
  );
}
