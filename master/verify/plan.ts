// On which hosts a test is run. Pure.

import type { InventoryHost } from '../../states/model.ts';
import { matches } from '../../states/selector.ts';
import type { TestOutline } from '../../states/tests.ts';
import { listed } from '../words.ts';

/**
 * `unwell`: linked, and something of the environment is not healthy there. `away`: it runs what it
 * should by its last word, and has no link now. `behind`: it does not run this release at all.
 */
export type Standing = 'healthy' | 'unwell' | 'away' | 'behind';

export interface TestHost {
  readonly host: InventoryHost;
  /** Names of those that run there. */
  readonly services: ReadonlySet<string>;
  readonly standing: Standing;
}

type TestPlan =
  /** `all`: each of them must pass. `first`: one, in this order, the next where one is lost. */
  | { readonly run: 'all' | 'first'; readonly hosts: readonly InventoryHost[] }
  | { readonly run: 'none'; readonly why: string };

const namesShown = 5;

/**
 * A host that the rollout went past (it is off, and that is tolerated) does not run the release, so it
 * is not tested; one that runs it and cannot be asked now is, and says that it was lost.
 */
export function planTest(outline: TestOutline, all: readonly TestHost[]): TestPlan {
  const { services, targets, on } = outline;
  const fitting = all.filter(
    (each) =>
      services.every((service) => each.services.has(service)) &&
      (targets === undefined || matches(targets, each.host)),
  );
  const where = services.length === 0 ? 'the environment' : `${services.join(' and ')}`;
  if (fitting.length === 0) {
    const why = targets === undefined ? 'runs' : 'that it may be run on has';
    return { run: 'none', why: `no host ${why} ${where}` };
  }
  const asked = fitting.filter(({ standing }) =>
    on === 'one-host' ? standing === 'healthy' : standing !== 'behind',
  );
  const hosts = asked.map(({ host }) => host).sort((one, two) => (one.id < two.id ? -1 : 1));
  if (hosts.length > 0) return { run: on === 'one-host' ? 'first' : 'all', hosts };
  const standing = fitting.map((each) => `${each.host.id} is ${each.standing}`);
  return {
    run: 'none',
    why: `no host with ${where} can be asked: ${listed(standing, namesShown)}`,
  };
}
