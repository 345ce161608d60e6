import type { ImportReport, ImportRow } from '../../api/types';

/** The first lines of a file to fill in. */
export const importTemplate = [
  'name,address,port,groups,labels,note',
  'web1.example.com,,,Web servers|Frankfurt,env=production|tier=1,Ask the shop team first',
  'Database,192.0.2.10,12443,,env=production,',
  ',2001:db8::20,,,,',
  '',
].join('\r\n');

/** Limits as the manager has them. */
export const maxImportBytes = 2 * 1024 * 1024;

/** Reads a file as UTF-8; what is none must not become signs that nobody wrote. */
export async function readText(file: File): Promise<string> {
  if (file.size > maxImportBytes)
    throw new Error('The file is larger than 2 MiB. Import it in parts.');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    throw new Error('The file is not UTF-8 text. Save it as CSV in UTF-8 and choose it again.');
  }
}

/** What is said of a row: its problems, or what happens to it. */
export function rowWords(row: ImportRow, imported: boolean): string {
  if (row.outcome === 'error')
    return row.problems
      .map((problem) =>
        [problem.field, problem.value && `“${problem.value}”`]
          .filter(Boolean)
          .join(' ')
          .concat(problem.field || problem.value ? ': ' : '', problem.message),
      )
      .join(' ');
  if (row.outcome === 'exists') return 'Is a host already; nothing changes.';
  return imported ? 'Registered.' : 'Will be registered.';
}

/** The rows that a filter of the report leaves, errors first when they stop the import. */
export function shownRows(report: ImportReport, errorsOnly: boolean): ImportRow[] {
  return errorsOnly ? report.rows.filter((row) => row.outcome === 'error') : report.rows;
}
