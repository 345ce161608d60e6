import type { LiveMessage } from '../src/api/live';
import { ago } from './hosts';
import { addEvent, count, end, events, jobHosts, jobs, linesOf, phases, scriptError } from './jobs';

/** A socket that lets queued jobs run before one's eyes. */
export class MockSocket {
  onopen: ((event: Event) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  private readonly followed = new Set<string>();
  private readonly timer: ReturnType<typeof setInterval>;

  constructor() {
    setTimeout(() => this.onopen?.(new Event('open')), 30);
    this.timer = setInterval(() => this.tick(), 120);
  }

  close() {
    clearInterval(this.timer);
  }

  send(text: string) {
    const words = JSON.parse(text) as { action: string; job_id?: string; after?: number };
    if (!words.job_id) return;
    if (words.action === 'unsubscribe') this.followed.delete(words.job_id);
    else {
      this.followed.add(words.job_id);
      this.say({ type: 'caught_up', job_id: words.job_id, after: words.after ?? 0 });
    }
  }

  private say(message: LiveMessage) {
    this.onmessage?.(new MessageEvent('message', { data: JSON.stringify(message) }));
  }

  private tick() {
    for (const job of jobs.filter((j) => j.state === 'queued' || j.state === 'running')) {
      if (job.state === 'queued') Object.assign(job, { state: 'running', started_at: ago(0) });
      const list = jobHosts.get(job.id) ?? [];
      const open = list.filter((h) => h.state === 'queued' || h.state === 'running').slice(0, 4);
      for (const host of open) {
        if (host.state === 'queued')
          Object.assign(host, { state: 'running', started_at: ago(0), phase: phases[0] });
        const said =
          events.get(`${job.id}/${host.host_id}`)?.filter((e) => e.phase === host.phase).length ??
          0;
        const next = linesOf(host.phase, host)[said];
        if (next) {
          const event = addEvent(job.id, host.host_id, { phase: host.phase, ...next });
          host.last_event_id = event.id;
          host.log_lines++;
          if (this.followed.has(job.id)) this.say({ type: 'event', ...event });
        } else if (host.phase === 'verify') end(job, host, null);
        else if (host.phase === 'configure' && host.host_name === 'app07')
          end(job, host, scriptError);
        else {
          host.phase = phases[phases.indexOf(host.phase) + 1] ?? 'verify';
          host.progress = Math.round((phases.indexOf(host.phase) / phases.length) * 100);
        }
        if (this.followed.has(job.id)) this.say({ type: 'job_host', job_id: job.id, host });
      }
      count(job);
      this.say({ type: 'job', job });
    }
  }
}
