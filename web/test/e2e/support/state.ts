import { readFileSync } from 'node:fs';
import { Bed, type BedHost } from './bed';
import { stateFile } from './paths';

/** What global-setup.ts tells the tests about the running stack. */
export type State = {
  url: string;
  /** By the name that is configured, which is where providers send browsers back to. */
  publicUrl: string;
  dir: string;
  port: number;
  initialPassword: string;
  fingerprint: string;
  hosts: Record<string, BedHost>;
};

export function readState(): State {
  return JSON.parse(readFileSync(stateFile, 'utf8')) as State;
}

export function openBed(): Bed {
  return new Bed(`${readState().dir}/bed`);
}
