// One host for tests that need no more: of our own where we can start it, else on the Docker Engine that
// is there. What only a host of our own can bear, a test asks for, and is skipped without it.

import type { TestContext } from 'vitest';
import type { SeenEvents } from './engine-events.ts';
import { Fleet } from './fleet.ts';
import { Host } from './host.ts';
import { LocalFleet } from './local.ts';
import { whyNoHosts } from './needs.ts';
import type { Running, SpawnOptions } from './process.ts';
import type { Registry } from './registry.ts';

export interface Owned {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A host whose Engine may be somebody else's. */
export interface SomeHost {
  readonly name: string;
  readonly address: string;
  readonly dir: string;
  readonly dockerHost: string;
  spawn(program: string, args: readonly string[], options?: SpawnOptions): Running;
  docker(...args: readonly string[]): Promise<string>;
  events(): { stop(): Promise<SeenEvents> };
  /** Removes the images that no container has. */
  forgetImages(): Promise<void>;
  /** Whether something on its Engine is there for the test. */
  owns(seen: Owned): boolean;
}

export interface OneHostFleet {
  readonly hosts: readonly SomeHost[];
  readonly bridgeAddress: string;
  readonly registry: Registry;
  readonly registryAddress: string;
  close(): Promise<void>;
}

export function startOne(): Promise<OneHostFleet> {
  return whyNoHosts() === undefined
    ? Fleet.start({ hosts: 1, registry: true })
    : LocalFleet.start();
}

/** The host, where it is our own; without one the test is skipped, or fails where all must be there. */
export function ownHost(host: SomeHost, test: TestContext): Host {
  if (host instanceof Host) return host;
  const reason = `needs a host of its own: ${whyNoHosts() ?? ''}`;
  if (process.env['CI'] === 'true') throw new Error(reason);
  // Somebody else's Docker must not be killed, cut off or filled: what does that is left out, by name.
  return test.skip(reason);
}
