import { Box } from '@mui/material';
import type { ReactNode } from 'react';
import { line, raised } from './tones';

export type SimpleColumn<T> = {
  name: string;
  cell: (row: T) => ReactNode;
  align?: 'right';
  mono?: boolean;
  width?: number | string;
};

/** A short table that is shown whole. Longer ones are a DataTable. */
export function SimpleTable<T>(props: {
  caption: string;
  columns: SimpleColumn<T>[];
  rows: T[];
  rowKey: (row: T) => string;
  maxHeight?: number;
  /** For rows of one line with buttons: all of it on one height. */
  middle?: boolean;
}) {
  return (
    <Box
      tabIndex={props.maxHeight ? 0 : undefined}
      role={props.maxHeight ? 'region' : undefined}
      aria-label={props.maxHeight ? props.caption : undefined}
      sx={{ overflow: 'auto', maxHeight: props.maxHeight }}
    >
      <Box
        component="table"
        sx={{
          width: '100%',
          borderCollapse: 'collapse',
          fontSize: 13,
          '& th': {
            position: 'sticky',
            top: 0,
            zIndex: 1,
            background: raised,
            color: 'text.secondary',
            fontWeight: 500,
            textAlign: 'left',
            whiteSpace: 'nowrap',
          },
          '& th, & td': {
            px: 1.5,
            py: 0.75,
            borderBottom: `1px solid ${line}`,
            verticalAlign: props.middle ? 'middle' : 'top',
          },
          // A button is higher than a line: without this it would stretch its row.
          '& td .MuiButton-root': { my: '-5px' },
          '& time': { whiteSpace: 'nowrap' },
          '& tbody tr:last-of-type td': { borderBottom: 0 },
          '& .right': {
            textAlign: 'right',
            whiteSpace: 'nowrap',
            fontVariantNumeric: 'tabular-nums',
          },
        }}
      >
        <caption className="visually-hidden">{props.caption}</caption>
        <thead>
          <tr>
            {props.columns.map((column) => (
              <Box
                component="th"
                scope="col"
                key={column.name}
                className={column.align}
                sx={{ width: column.width }}
              >
                {column.name}
              </Box>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr key={props.rowKey(row)}>
              {props.columns.map((column) => (
                <td
                  key={column.name}
                  className={`${column.align ?? ''} ${column.mono ? 'mono' : ''}`}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </Box>
    </Box>
  );
}
