import { Box } from '@mui/material';
import { useLinkComponent } from './Link';
import { line } from './tones';

export type LinkTab = { id: string; label: string; to: string; count?: number | null };

/** Tabs whose choice is part of the address, with a count beside each name. */
export function LinkTabs(props: { tabs: LinkTab[]; selected: string; label: string }) {
  const component = useLinkComponent();
  return (
    <Box
      component="nav"
      aria-label={props.label}
      sx={{ borderBottom: `1px solid ${line}`, mb: 2, display: 'flex', overflowX: 'auto' }}
    >
      {props.tabs.map((tab) => {
        const current = tab.id === props.selected;
        return (
          <Box
            key={tab.id}
            component={component}
            href={tab.to}
            aria-current={current ? 'page' : undefined}
            sx={{
              px: 1.5,
              py: 1.25,
              textDecoration: 'none',
              whiteSpace: 'nowrap',
              fontWeight: 500,
              color: current ? 'text.primary' : 'text.secondary',
              borderBottom: `2px solid ${current ? 'var(--accent)' : 'transparent'}`,
              '&:hover': { color: 'text.primary' },
              '&:focus-visible': { outlineOffset: '-2px' },
            }}
          >
            {tab.label}{' '}
            {tab.count != null && (
              <Box
                component="span"
                className="num"
                sx={{ ml: 0.5, color: 'text.secondary', fontWeight: 400 }}
              >
                {tab.count.toLocaleString('en-US')}
              </Box>
            )}
          </Box>
        );
      })}
    </Box>
  );
}
