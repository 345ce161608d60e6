import type { AuditEntry } from '../../api/types';
import { exact } from '../../lib/dates';
import type { Column } from '../../ui/DataTable';
import { Link } from '../../ui/Link';
import { Box, ButtonBase } from '../../ui/mui';
import { Mono } from '../../ui/Page';
import { actionWords, actorName, targetName, targetPath } from './words';

export function Target({ entry }: { entry: AuditEntry }) {
  const to = targetPath(entry.target);
  const name = targetName(entry.target);
  return to ? <Link to={to}>{name}</Link> : <span>{name}</span>;
}

/** An audit trail is read by exact times. */
function When({ at }: { at: string }) {
  return (
    <time dateTime={at} title={new Date(at).toISOString()} className="num">
      {exact(new Date(at))}
    </time>
  );
}

export const auditColumns = (onShow: (entry: AuditEntry) => void): Column<AuditEntry>[] => [
  { key: 'name', name: 'Time', width: 146, cell: (e) => <When at={e.at} /> },
  {
    key: 'actor',
    name: 'Who',
    width: 110,
    grow: true,
    cell: (e) =>
      e.actor.kind === 'user' ? (
        actorName(e.actor)
      ) : (
        <Box component="span" sx={{ color: 'text.secondary' }}>
          {actorName(e.actor)}
        </Box>
      ),
  },
  {
    key: 'action',
    name: 'What',
    width: 300,
    grow: true,
    cell: (e) => (
      <ButtonBase
        onClick={() => onShow(e)}
        sx={{ fontSize: 13, gap: 1, justifyContent: 'flex-start', maxWidth: '100%' }}
      >
        <span className="visually-hidden">Details of entry {e.id}: </span>
        <Box
          component="span"
          sx={{
            textDecoration: 'underline',
            textDecorationStyle: 'dotted',
            textUnderlineOffset: 3,
          }}
        >
          {actionWords(e.action)}
        </Box>
        <Box
          component="span"
          className="mono"
          title={e.action}
          sx={{ color: 'text.secondary', overflow: 'hidden', textOverflow: 'ellipsis' }}
        >
          {e.action}
        </Box>
      </ButtonBase>
    ),
  },
  { key: 'target', name: 'To what', width: 120, grow: true, cell: (e) => <Target entry={e} /> },
  {
    key: 'address',
    name: 'From',
    width: 116,
    cell: (e) => (e.address ? <Mono>{e.address}</Mono> : '–'),
  },
  {
    key: 'request',
    name: 'Request',
    width: 100,
    cell: (e) =>
      e.request_id ? (
        <span className="mono" title={e.request_id}>
          …{e.request_id.slice(-8)}
        </span>
      ) : (
        '–'
      ),
  },
  {
    key: 'id',
    name: 'Entry',
    width: 64,
    align: 'right',
    cell: (e) => <span className="num">{e.id}</span>,
  },
];
