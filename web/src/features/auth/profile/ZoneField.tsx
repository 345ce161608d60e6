import { useMemo } from 'react';
import { exact } from '../../../lib/dates';
import { allZones, offsetOf, zoneMatches } from '../../../lib/zones';
import { Autocomplete, Box, TextField } from '../../../ui/mui';
import { useNow, useZone } from '../../../ui/Time';

/** Chooses the zone of all times on the pages; empty is the browser's own. */
export function ZoneField(props: { value: string; onChange: (zone: string) => void }) {
  const now = useNow();
  useZone();
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = useMemo(() => {
    const at = new Date();
    return new Map(allZones().map((zone) => [zone, offsetOf(zone, at)]));
  }, []);
  const options = useMemo(() => ['', ...zones.keys()], [zones]);
  const name = (zone: string) => (zone === '' ? `As the browser (${own})` : zone);
  return (
    <Autocomplete
      options={options}
      value={props.value}
      disableClearable
      getOptionLabel={name}
      onChange={(_, zone) => props.onChange(zone)}
      filterOptions={(all, { inputValue, getOptionLabel }) =>
        // The chosen name in the box is not a search: all zones are offered then.
        inputValue === getOptionLabel(props.value)
          ? all
          : all.filter((zone) => zoneMatches(name(zone), zones.get(zone) ?? '', inputValue))
      }
      // The list is drawn outside of the page's own landmarks.
      slotProps={{ popper: { role: 'region', 'aria-label': 'Time zones' } as object }}
      noOptionsText="No such zone. Try the next big city."
      renderOption={({ key, ...option }, zone) => (
        <Box
          component="li"
          key={key}
          {...option}
          sx={{ display: 'flex', gap: 2, justifyContent: 'space-between !important' }}
        >
          <span>{name(zone)}</span>
          <Box component="span" className="num" sx={{ color: 'text.secondary', fontSize: 12 }}>
            {zones.get(zone || own)}
          </Box>
        </Box>
      )}
      renderInput={(field) => (
        <TextField
          {...field}
          label="Time zone"
          helperText={`All times are shown in it. It is ${exact(now)} there.`}
        />
      )}
    />
  );
}
