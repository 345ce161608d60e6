import { type ChildProcess, spawn } from 'node:child_process';
import { expect, type Locator, type Page } from '@playwright/test';
import { root } from './paths';

/** A person at the provider, as tools/testidp keeps them. */
export type Person = {
  username: string;
  groups: string[];
  email?: string;
  email_verified?: boolean;
};

/** What can be turned to break the provider; tools/testidp describes each. */
type Switches = {
  client_secret?: string;
  redirect_uris?: string[];
  clock_skew?: string;
  keys?: 'rotate' | 'expire' | 'restore';
};

/** A real OpenID provider (tools/testidp) on a free port of this machine. */
export class Provider {
  static readonly clientId = 'patch-manager';
  static readonly secret = 'the secret of the browser tests';

  private constructor(
    private readonly process: ChildProcess,
    readonly issuer: string,
    readonly redirectUri: string,
  ) {}

  static async start(redirectUri: string): Promise<Provider> {
    const process = spawn(
      `${root}/bin/testidp`,
      ['--follow-stdin', `--client-secret=${Provider.secret}`, `--redirect-uri=${redirectUri}`],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const issuer = await new Promise<string>((done, fail) => {
      let said = '';
      process.once('error', fail);
      process.once('exit', (code) => fail(new Error(`testidp ended with ${code}`)));
      process.stdout.on('data', (text) => {
        said += text;
        const line = /^issuer (\S+)\n/.exec(said);
        if (line?.[1]) done(line[1]);
      });
    });
    return new Provider(process, issuer, redirectUri);
  }

  stop(): void {
    this.process.stdin?.end();
  }

  /** Adds people, or gives those of the same name other groups. Everybody shows a second factor there. */
  async setPeople(...people: Person[]): Promise<void> {
    const users = people.map((person) => ({
      ...person,
      subject: `subject-of-${person.username}`,
      password: 'password',
      amr: ['pwd', 'mfa'],
    }));
    await this.post({ users });
  }

  async turn(switches: Switches): Promise<void> {
    await this.post(switches);
  }

  /** Works again as it did at the start. */
  async repair(): Promise<void> {
    await this.turn({
      client_secret: Provider.secret,
      redirect_uris: [this.redirectUri],
      clock_skew: '0s',
      keys: 'restore',
    });
  }

  private async post(body: object): Promise<void> {
    const answer = await fetch(`${this.issuer}/control`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`testidp: ${await answer.text()}`);
  }
}

/** Shows the provider who one is, on its own page. */
export async function signInThere(page: Page, username: string): Promise<void> {
  await expect(page.getByRole('heading', { name: 'Test provider' })).toBeVisible();
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password').fill('password');
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** The window that a click opens; it is closed once the provider has sent it back. */
export async function throughWindow(
  button: Locator,
  act: (window: Page) => Promise<void>,
): Promise<void> {
  const opened = button.page().waitForEvent('popup');
  await button.click();
  const window = await opened;
  await act(window);
  await expect(window.getByRole('heading', { name: 'Connection tested' })).toBeVisible();
  await window.close();
}
