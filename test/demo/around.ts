// What every scene of the demo works with: the place, the stage, and the few steps that they share.

import { sleep } from '../fleet/process.ts';
import type { DemoHost, Place } from './place.ts';
import type { Stage } from './stage.ts';

export interface Around {
  readonly place: Place;
  readonly stage: Stage;
}

const port = 18080;

/** GNU's sed takes the ending for copies with the option, BSD's as a word of its own. */
const inPlace = process.platform === 'darwin' ? ['-i', ''] : ['-i'];

/** Changes a file of the states, as one would with an editor. */
export async function edit(stage: Stage, script: string, file: string): Promise<void> {
  await stage.command('', ['sed', ...inPlace, script, file]);
}

export async function git(stage: Stage, why: string, ...args: readonly string[]): Promise<void> {
  await stage.command(why, ['git', ...args], { quiet: true });
}

/** The exit code of a master's verb whose words nobody needs. */
export async function quietly(place: Place, verb: string): Promise<number> {
  return (await place.spawn('master', [verb]).exited).code;
}

export async function until(ms: number, check: () => Promise<boolean>): Promise<boolean> {
  for (const deadline = Date.now() + ms; Date.now() < deadline; await sleep(100)) {
    if (await check()) return true;
  }
  return false;
}

/** Nothing that follows could be understood after a failure here. */
export function must(stage: Stage, ok: boolean, what: string): void {
  stage.check(ok, what);
  if (!ok) throw new Error('the demo ends here');
}

/** Asks each host itself; what follows makes no sense where it is not so. */
export async function serves({ place, stage }: Around, version: string): Promise<void> {
  const found = await Promise.all(place.hosts.map(answer));
  const right = found.every((text) => text === version);
  const whole = found.length === 1 ? 'the host answers' : 'every host answers';
  must(stage, right, `${whole} ${version}${right ? '' : `, but: ${found.join(', ')}`}`);
}

export const url = ({ address }: DemoHost): string => `http://${address}:${port}/`;

async function answer(host: DemoHost): Promise<string> {
  try {
    const signal = AbortSignal.timeout(2_000);
    return (await (await fetch(url(host), { signal })).text()).trim();
  } catch {
    return 'no answer';
  }
}
