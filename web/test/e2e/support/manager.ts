import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { publicName, root } from './paths';

/** Waits until check says so; the run fails with `what` after two minutes. */
export async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 120_000; Date.now() < end; ) {
    if (await check()) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`gave up waiting: ${what}`);
}

export async function freePort(): Promise<number> {
  return await new Promise((done, fail) => {
    const probe = createServer().on('error', fail);
    probe.listen(0, () => {
      const address = probe.address();
      probe.close(() => done(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

const pidFile = (dir: string) => `${dir}/manager.pid`;

/** Ends the running manager at once, as a power cut would; it is started again like a service. */
export function killManager(dir: string): void {
  process.kill(Number(readFileSync(pidFile(dir), 'utf8')), 'SIGKILL');
}

/** One real manager with its private PostgreSQL, its data below `dir`. */
export class Manager {
  private process?: ChildProcess;
  private stopping = false;

  constructor(
    readonly dir: string,
    readonly port: number,
  ) {
    writeFileSync(
      this.config,
      `[http]\nlisten = ":${port}"\npublic_url = "${this.publicUrl}"\n[data]\ndir = "${dir}/data"\n[log]\nlevel = "debug"\n`,
    );
  }

  get url(): string {
    return `https://localhost:${this.port}`;
  }

  /** What the product calls itself, to agents and to providers of single sign-on; Chromium knows the name. */
  get publicUrl(): string {
    return `https://${publicName}:${this.port}`;
  }

  private get config(): string {
    return `${this.dir}/manager.toml`;
  }

  async start(): Promise<void> {
    this.spawn();
    await until('the manager is healthy', async () => {
      if (this.process?.exitCode) throw new Error(`the manager ended: see ${this.dir}/manager.log`);
      return await this.healthy();
    });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    const p = this.process;
    if (!p || p.exitCode != null || p.signalCode != null) return;
    const gone = new Promise((done) => p.once('exit', done));
    p.kill('SIGTERM');
    await gone;
  }

  /** Starts the process again when it was killed, as systemd would. */
  private spawn(): void {
    const log = openSync(`${this.dir}/manager.log`, 'a');
    this.process = spawn(`${root}/bin/patch-manager`, [`--config=${this.config}`, 'serve'], {
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    writeFileSync(pidFile(this.dir), String(this.process.pid));
    this.process.once('exit', (_, signal) => {
      if (signal === 'SIGKILL' && !this.stopping) this.spawn();
    });
  }

  admin(...args: string[]): string {
    return execFileSync(
      `${root}/bin/patch-manager`,
      [`--config=${this.config}`, 'admin', ...args],
      {
        encoding: 'utf8',
      },
    ).trim();
  }

  get initialPassword(): string {
    return readFileSync(`${this.dir}/data/initial-admin-password`, 'utf8').trim();
  }

  private async healthy(): Promise<boolean> {
    try {
      execFileSync('curl', ['-fsk', '-m', '2', `${this.url}/status/health`], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  }
}
