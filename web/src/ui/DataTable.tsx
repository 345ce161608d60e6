import { Box, Checkbox, IconButton, ListItemText, Menu, MenuItem, Tooltip } from '@mui/material';
import { DataGrid, type GridColDef, type GridRowId, type GridSortModel } from '@mui/x-data-grid';
import { type ReactNode, useMemo, useState } from 'react';
import { ColumnsIcon } from './icons';
import { ErrorState } from './states';
import { line, raised, toneTint } from './tones';
import { styleNonce } from './UiProvider';

export type Column<T> = {
  key: string;
  name: string;
  cell: (row: T) => ReactNode;
  /** Pixels; with `grow` the least width. */
  width: number;
  grow?: boolean;
  align?: 'right';
  sortable?: boolean;
  /** Not shown until chosen in the column menu. */
  extra?: boolean;
};

export type TablePage = { page: number; pageSize: number; sort?: string; order?: 'asc' | 'desc' };

type Problem = { message: string; requestId?: string; retry: () => void };

export type DataTableProps<T extends object> = {
  label: string;
  columns: Column<T>[];
  /** undefined while the first answer is on its way. */
  rows: T[] | undefined;
  total: number;
  rowId: (row: T) => string;
  at: TablePage;
  onChange: (at: TablePage) => void;
  problem?: Problem | null;
  busy?: boolean;
  empty: ReactNode;
  selected?: ReadonlySet<string>;
  onSelect?: (ids: Set<string>) => void;
  isSelectable?: (row: T) => boolean;
  hiddenColumns?: ReadonlySet<string>;
};

/** A table of one page of a long list: the manager filters, sorts and cuts the pages. */
export function DataTable<T extends object>(props: DataTableProps<T>) {
  const { columns, hiddenColumns } = props;
  const grid = useMemo(
    () => columns.filter((c) => !hiddenColumns?.has(c.key)).map(toGridColumn<T>),
    [columns, hiddenColumns],
  );
  if (props.problem) {
    const { message, requestId, retry } = props.problem;
    return (
      <Box sx={{ p: 2 }}>
        <ErrorState message={message} requestId={requestId} onRetry={retry} />
      </Box>
    );
  }
  // Beside the grid's roles a link or button in an overlay is not allowed, so nothing found is no grid.
  if (props.rows?.length === 0 && !props.busy) return <>{props.empty}</>;
  const sortModel: GridSortModel = props.at.sort
    ? [{ field: props.at.sort, sort: props.at.order ?? 'asc' }]
    : [];
  return (
    <DataGrid<T>
      aria-label={props.label}
      nonce={styleNonce()}
      autoHeight
      density="compact"
      columns={grid}
      rows={props.rows ?? []}
      rowCount={props.total}
      getRowId={props.rowId as (row: T) => GridRowId}
      loading={props.rows === undefined || props.busy}
      slotProps={{ loadingOverlay: { variant: 'linear-progress', noRowsVariant: 'skeleton' } }}
      paginationMode="server"
      sortingMode="server"
      filterMode="server"
      pageSizeOptions={[25, 50, 100, 500]}
      paginationModel={{ page: props.at.page - 1, pageSize: props.at.pageSize }}
      onPaginationModelChange={(m) =>
        props.onChange({
          ...props.at,
          page: m.pageSize === props.at.pageSize ? m.page + 1 : 1,
          pageSize: m.pageSize,
        })
      }
      sortModel={sortModel}
      sortingOrder={['asc', 'desc']}
      onSortModelChange={([s]) =>
        props.onChange({ ...props.at, page: 1, sort: s?.field, order: s?.sort ?? undefined })
      }
      checkboxSelection={Boolean(props.onSelect)}
      isRowSelectable={props.isSelectable && (({ row }) => props.isSelectable?.(row) ?? true)}
      rowSelectionModel={{ type: 'include', ids: new Set<GridRowId>(props.selected ?? []) }}
      onRowSelectionModelChange={(m) => props.onSelect?.(mergeSelection(m, props))}
      keepNonExistentRowsSelected
      disableRowSelectionOnClick
      disableColumnMenu
      disableColumnFilter
      hideFooterSelectedRowCount
      hideFooter={props.total <= 25 && props.at.page === 1 && props.at.pageSize <= 50}
      columnBufferPx={3000}
      localeText={{
        paginationDisplayedRows: ({ from, to, count }) =>
          `${from}–${to} of ${count.toLocaleString('en-US')}`,
      }}
      sx={gridStyle}
    />
  );
}

/** "Select all" answers with what is excluded; this page's rows are what was meant. */
function mergeSelection<T extends object>(
  model: { type: 'include' | 'exclude'; ids: Set<GridRowId> },
  props: DataTableProps<T>,
): Set<string> {
  if (model.type === 'include') return new Set([...model.ids].map(String));
  const here = (props.rows ?? [])
    .filter((row) => props.isSelectable?.(row) ?? true)
    .map(props.rowId);
  const kept = [...(props.selected ?? []), ...here].filter((id) => !model.ids.has(id));
  return new Set(kept);
}

function toGridColumn<T extends object>(column: Column<T>): GridColDef<T> {
  return {
    field: column.key,
    headerName: column.name,
    width: column.width,
    minWidth: column.grow ? column.width : undefined,
    flex: column.grow ? 1 : undefined,
    align: column.align,
    headerAlign: column.align,
    sortable: column.sortable ?? false,
    display: 'flex',
    valueGetter: () => null,
    renderCell: ({ row }) => (
      <Box sx={{ minWidth: 0, overflow: 'hidden', textOverflow: 'ellipsis' }}>
        {column.cell(row)}
      </Box>
    ),
  };
}

const gridStyle = {
  border: 0,
  borderRadius: 0,
  fontSize: 13,
  '--DataGrid-overlayHeight': '220px',
  '--DataGrid-rowBorderColor': line,
  '& .MuiDataGrid-columnHeader': { backgroundColor: raised, fontSize: 12, color: 'text.secondary' },
  '& .MuiDataGrid-columnHeaderTitle': { fontWeight: 500 },
  '& .MuiDataGrid-columnSeparator': { visibility: 'hidden' },
  '& .MuiDataGrid-row': { backgroundColor: 'background.paper' },
  '& .MuiDataGrid-row:hover': { backgroundColor: raised },
  '& .MuiDataGrid-row.Mui-selected, & .MuiDataGrid-row.Mui-selected:hover': {
    backgroundColor: toneTint('running'),
  },
  '& .MuiDataGrid-cell': { fontVariantNumeric: 'tabular-nums' },
  '& .MuiDataGrid-footerContainer': { minHeight: 44, borderColor: line },
  // The name stays in sight when the table is wider than the window.
  '& [role="gridcell"][data-field="name"], & [role="columnheader"][data-field="name"]': {
    position: 'sticky',
    left: 0,
    zIndex: 2,
    backgroundColor: 'inherit',
  },
  '& [role="columnheader"][data-field="name"]': { backgroundColor: raised },
} as const;

/** Which columns of a table are hidden in this browser; the first choice is the table's own. */
export function useHiddenColumns<T>(
  storageKey: string,
  columns: Column<T>[],
): [ReadonlySet<string>, (key: string) => void, (shown: string[]) => void] {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(() => {
    const stored = readStored(storageKey);
    return new Set(stored ?? columns.filter((c) => c.extra).map((c) => c.key));
  });
  const keep = (next: ReadonlySet<string>) => {
    setHidden(next);
    localStorage.setItem(storageKey, JSON.stringify([...next]));
  };
  const toggle = (key: string) => {
    const next = new Set(hidden);
    if (!next.delete(key)) next.add(key);
    keep(next);
  };
  const showOnly = (shown: string[]) =>
    keep(new Set(columns.slice(1).flatMap((c) => (shown.includes(c.key) ? [] : [c.key]))));
  return [hidden, toggle, showOnly];
}

function readStored(key: string): string[] | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? 'null');
    return Array.isArray(value) ? value.map(String) : null;
  } catch {
    return null;
  }
}

/** The menu that shows and hides columns; the first column always stays. */
export function ColumnChooser<T>(props: {
  columns: Column<T>[];
  hidden: ReadonlySet<string>;
  onToggle: (key: string) => void;
}) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  return (
    <>
      <Tooltip title="Columns">
        <IconButton
          size="small"
          aria-label="Choose columns"
          aria-haspopup="menu"
          onClick={(e) => setAnchor(e.currentTarget)}
        >
          <ColumnsIcon fontSize="small" />
        </IconButton>
      </Tooltip>
      <Menu
        anchorEl={anchor}
        open={Boolean(anchor)}
        onClose={() => setAnchor(null)}
        slotProps={{ list: { dense: true, 'aria-label': 'Columns' } }}
      >
        {props.columns.slice(1).map((column) => (
          <MenuItem
            key={column.key}
            role="menuitemcheckbox"
            aria-checked={!props.hidden.has(column.key)}
            onClick={() => props.onToggle(column.key)}
            sx={{ py: 0 }}
          >
            <Checkbox
              size="small"
              checked={!props.hidden.has(column.key)}
              tabIndex={-1}
              slotProps={{ input: { 'aria-hidden': true } }}
              sx={{ ml: -1 }}
            />
            <ListItemText primary={column.name} />
          </MenuItem>
        ))}
      </Menu>
    </>
  );
}
