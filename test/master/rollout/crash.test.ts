// The master is killed at every commit of a rollout, right before it is durable and right after it,
// before anybody was told; started again, it must end as if it had not been killed.

import { describe, expect, it } from 'vitest';
import type { RolloutPolicy } from '../../../states/model.ts';
import type { Desire } from '../../../protocol/messages.ts';
import { Fixture, Killed, releaseOf, requestOf } from './fixture.ts';
import { hostId, policyOf, type Fate } from './model.ts';
import { quiet } from './world.ts';

const [h1, h2, h3] = [hostId('h1'), hostId('h2'), hostId('h3')];
const hosts = [h1, h2, h3];

interface Story {
  readonly linked: typeof hosts;
  readonly policy: RolloutPolicy;
  readonly fate: (host: string, desire: Desire) => Fate;
  readonly ends: string;
}

const second = releaseOf(2);
const fails = (host: string, fate: Fate) => (id: string, desire: Desire) =>
  id === host && desire.mode === 'run' && desire.state.release === second ? fate : 'works';

const stories: Readonly<Record<string, Story>> = {
  'that succeeds': {
    ...{ linked: hosts, policy: policyOf(), fate: () => 'works', ends: 'succeeded' },
  },
  'with a host that is away': {
    ...{ linked: [h1, h3], policy: policyOf(), fate: () => 'works', ends: 'succeeded' },
  },
  'that goes back': {
    ...{ linked: hosts, policy: policyOf({ canary: 1 }), ends: 'rolled-back' },
    fate: fails('h2', 'fails'),
  },
  'that goes back batch by batch': {
    ...{ linked: hosts, policy: policyOf(), ends: 'rolled-back' },
    fate: fails('h3', 'fails-down'),
  },
  'that bears a failure': {
    ...{ linked: hosts, policy: policyOf({ maxFailures: 1 }), ends: 'succeeded' },
    fate: fails('h1', 'fails-down'),
  },
  'that stops where it stands': {
    linked: hosts,
    policy: policyOf({ batch: { hosts: 2 }, onFailure: 'pause' }),
    ...{ fate: fails('h1', 'stays'), ends: 'failed' },
  },
  'that cannot pull': {
    ...{ linked: hosts, policy: policyOf(), ends: 'rolled-back' },
    fate: (id, { mode }) => (id === 'h3' && mode === 'pull' ? 'fails' : 'works'),
  },
};

interface Ending {
  readonly phase: string;
  readonly exit: number | null;
  readonly hosts: readonly string[];
  readonly runs: readonly (string | undefined)[];
  readonly wanted: readonly unknown[];
  readonly events: Readonly<Record<string, number>>;
}

/** Release 1 everywhere, then release 2 as the story has it; killed at one commit of that. */
async function play(
  story: Story,
  kill?: { readonly commit: number; readonly durable: boolean },
): Promise<{ readonly ending: Ending; readonly commits: number }> {
  const fixture = await Fixture.start(hosts);
  try {
    await fixture.toEnd((await fixture.driver.start(requestOf(fixture, 1))).id);
    for (const host of hosts.filter((each) => !story.linked.includes(each))) {
      fixture.minions.lose(host);
    }
    await quiet();
    fixture.minions.decide = story.fate;
    fixture.commits = 0;
    fixture.killAt = kill;
    await untilOver(fixture, story);
    return { ending: await endingOf(fixture), commits: fixture.commits };
  } finally {
    await fixture.close();
  }
}

async function untilOver(fixture: Fixture, { policy, linked }: Story): Promise<void> {
  for (;;) {
    try {
      const under = fixture.driver.current('beta')?.id;
      // As the caller would whose request died with the master: asks again if it was not begun.
      const begun = under ?? ((await fixture.store.get('rollouts/r2')) ? 'r2' : undefined);
      const id = begun ?? (await fixture.driver.start(requestOf(fixture, 2, { policy }))).id;
      await fixture.toEnd(id);
      return;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      fixture.killAt = undefined;
      await fixture.stopMaster();
      await fixture.startMaster();
      await fixture.minions.link(...linked);
    }
  }
}

async function endingOf(fixture: Fixture): Promise<Ending> {
  const rollout = await fixture.toEnd('r2');
  await quiet();
  const events: Record<string, number> = {};
  for (const event of await fixture.log.since(0, { rollout: 'r2' })) {
    if (event.kind !== 'rollout' && event.kind !== 'host') continue;
    if (event.message === 'is linked again') continue;
    const word = `${event.host ?? 'all'} ${event.phase}`;
    events[word] = (events[word] ?? 0) + 1;
  }
  const wanted = await Promise.all(
    hosts.map(async (host) => {
      const desired = await fixture.desired(host);
      return [desired?.mode, desired?.state.release, desired?.good?.release];
    }),
  );
  return {
    ...{ phase: rollout.phase, exit: rollout.exit, events, wanted },
    hosts: rollout.hosts.map(({ host, phase }) => `${host} ${phase}`),
    runs: hosts.map((host) => fixture.minions.runs(host)?.release),
  };
}

describe('a master that is killed during a rollout', { timeout: 120_000 }, () => {
  it.each(Object.entries(stories))('%s ends it as if it had not been', async (_, story) => {
    const { ending, commits } = await play(story);
    expect(ending.phase).toBe(story.ends);
    expect(commits).toBeGreaterThan(4);
    for (let commit = 1; commit <= commits; commit += 1) {
      for (const durable of [false, true]) {
        const killed = await play(story, { commit, durable });
        expect(killed.ending, `killed at commit ${commit}, durable: ${durable}`).toEqual(ending);
      }
    }
  });
});
