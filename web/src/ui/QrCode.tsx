import { Box } from '@mui/material';

/** One path for all dark modules: "M3 0h2v1h-2z" for each run of a row. */
export function qrPath(rows: string[]): string {
  return rows
    .flatMap((row, y) =>
      [...row.matchAll(/1+/g)].map(
        (run) => `M${run.index} ${y}h${run[0].length}v1h-${run[0].length}z`,
      ),
    )
    .join('');
}

/** Modules of white around the code that scanners need. */
const quiet = 4;

/**
 * A QR code as a drawing: the page's policy allows no data: images. Black on
 * white in both themes, because many scanners do not read it inverted.
 */
export function QrCode(props: { rows: string[]; label: string; size?: number }) {
  const side = props.rows.length + 2 * quiet;
  const size = props.size ?? 200;
  return (
    <Box
      component="svg"
      role="img"
      aria-label={props.label}
      viewBox={`${-quiet} ${-quiet} ${side} ${side}`}
      shapeRendering="crispEdges"
      sx={{ width: size, height: size, flexShrink: 0, background: '#fff', borderRadius: 1 }}
    >
      <path d={qrPath(props.rows)} fill="#000" />
    </Box>
  );
}
