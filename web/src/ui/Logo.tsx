import { Box } from '@mui/material';

export function Logo(props: { small?: boolean }) {
  return (
    <Box sx={{ display: 'flex', alignItems: 'center', gap: 1.25, fontWeight: 600, fontSize: 15 }}>
      <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="6" fill="#1f5fbf" />
        <path d="M8 10h16M8 16h16M8 22h9" stroke="#fff" strokeWidth="2.6" strokeLinecap="round" />
        <path
          d="m20 22 2.2 2.200L26.5 20"
          fill="none"
          stroke="#7ee2a8"
          strokeWidth="2.6"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
      {!props.small && 'Patch Manager'}
    </Box>
  );
}
