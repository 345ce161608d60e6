import type { Job } from '../src/api/types';
import { byId, json, page, type Route, state } from './answers';
import { ago } from './hosts';
import { count, events, jobHosts, jobs, makeJob } from './jobs';

const jobResult = (job: Job) => json(job, 201);

export const jobRoutes: Route[] = [
  [
    'GET',
    /^\/jobs$/,
    (_, { query }) =>
      json(
        state.empty
          ? { items: [], total: 0 }
          : page(
              jobs.filter(
                (j) =>
                  (!query.get('state') || j.state === query.get('state')) &&
                  (!query.get('kind') || j.kind === query.get('kind')) &&
                  (!query.get('q') ||
                    j.title.toLowerCase().includes((query.get('q') ?? '').toLowerCase())) &&
                  (!query.get('host_id') ||
                    jobHosts.get(j.id)?.some((h) => h.host_id === query.get('host_id'))),
              ),
              query,
            ),
      ),
  ],
  [
    'POST',
    /^\/jobs$/,
    (_, { body }) => {
      const ids = body.host_ids as string[];
      return jobResult(
        makeJob(
          {
            title: `Updates on ${ids.length} hosts`,
            kind: body.kind as Job['kind'],
            reboot: body.reboot as Job['reboot'],
            note: String(body.note ?? ''),
          },
          ids,
        ),
      );
    },
  ],
  ['GET', /^\/jobs\/(\w+)$/, (m) => byId(jobs, m[1], (j) => json(j))],
  [
    'GET',
    /^\/jobs\/(\w+)\/hosts$/,
    (m, { query }) =>
      json(
        page(
          (jobHosts.get(m[1] ?? '') ?? []).filter(
            (h) => !query.get('state') || h.state === query.get('state'),
          ),
          query,
        ),
      ),
  ],
  [
    'GET',
    /^\/jobs\/(\w+)\/hosts\/(\w+)\/events$/,
    (m, { query }) => {
      const all = events.get(`${m[1]}/${m[2]}`) ?? [];
      return json({
        items: all
          .filter((e) => e.id > Number(query.get('after') ?? 0))
          .slice(0, Number(query.get('limit') ?? 1000)),
        last_id: all.at(-1)?.id ?? 0,
      });
    },
  ],
  [
    'GET',
    /^\/jobs\/(\w+)\/hosts\/(\w+)\/log\.txt$/,
    (m) => new Response((events.get(`${m[1]}/${m[2]}`) ?? []).map((e) => e.line).join('\n')),
  ],
  [
    'POST',
    /^\/jobs\/(\w+)\/cancel$/,
    (m) =>
      byId(jobs, m[1], (j) => {
        j.cancel_requested_at = ago(0);
        for (const h of jobHosts.get(j.id) ?? []) if (h.state === 'queued') h.state = 'cancelled';
        count(j);
        return json(j);
      }),
  ],
  [
    'POST',
    /^\/jobs\/(\w+)\/(rollback|rerun)$/,
    (m, { body }) =>
      byId(jobs, m[1], (j) => {
        const list = jobHosts.get(j.id) ?? [];
        const ids =
          (body.host_ids as string[]) ??
          list.filter((h) => h.state === 'failed').map((h) => h.host_id);
        const made = makeJob(
          {
            title: `${m[2] === 'rollback' ? 'Rollback' : 'Re-run'} of #${j.number}`,
            kind: m[2] === 'rollback' ? 'rollback' : j.kind,
            parent_job_id: j.id,
          },
          ids,
        );
        j.children.push({ id: made.id, number: made.number, kind: made.kind, state: made.state });
        return jobResult(made);
      }),
  ],
];
