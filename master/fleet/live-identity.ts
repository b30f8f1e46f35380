// The master's identity while it runs: renewed before it ends, and changed for another authority without
// a host being visited. One step at a time, each on disk before anybody is told.

import type { Logger } from 'pino';
import { readCertificates, signCsr } from '../../protocol/identity/authority.ts';
import type { Trust } from '../../protocol/identity/signing.ts';
import type { World } from '../../protocol/world.ts';
import { fault } from '../../states/faults.ts';
import type { EventLog } from '../eventlog.ts';
import type { Store } from '../store/store.ts';
import type { Believed } from './admission.ts';
import { believedIn, openIdentity, rotateCa, type MasterIdentity } from './identity-files.ts';
import type { Certify } from './records.ts';
import { notYetOn } from './rotation.ts';
import { Turns } from './turns.ts';

interface LiveIdentityOptions {
  /** The master's directory. */
  readonly dir: string;
  readonly names?: readonly string[];
  readonly store: Store;
  readonly eventlog: EventLog;
  readonly world: World;
  readonly log: Logger;
  /** How long a certificate of a host holds. */
  readonly certificateMs: number;
  /** Another one took its place. */
  readonly onRenewed: (identity: MasterIdentity) => void;
  /** Hosts have to hear what to believe in now. */
  readonly onTrust: () => void;
}

export class LiveIdentity {
  readonly #options: LiveIdentityOptions;
  readonly #turns = new Turns();
  #finishing: Promise<void> | undefined;
  #identity: MasterIdentity;
  /** Read once: thousands of hosts may come back together. */
  #believed: Believed;

  constructor(options: LiveIdentityOptions, identity: MasterIdentity) {
    this.#options = options;
    this.#identity = identity;
    this.#believed = believedBy(identity);
  }

  get now(): MasterIdentity {
    return this.#identity;
  }

  get believed(): Believed {
    return this.#believed;
  }

  readonly certify: Certify = ({ trust, ...asked }) => {
    const { world, certificateMs } = this.#options;
    const { authority, digest, next, serial } = this.#identity;
    const moved = next !== undefined && trust === serial;
    const by = moved ? next.authority : authority;
    const pem = signCsr(by, { ...asked, now: world.now(), certificateMs });
    return { pem, ca: moved ? next.digest : digest };
  };

  /** What hosts are told to believe in; undefined before the first change. */
  trust(): Trust | undefined {
    const { ca, next, serial } = this.#identity;
    return serial === 0 ? undefined : { ca: ca + (next?.ca ?? ''), serial };
  }

  /** Where the server's certificate nears its end. */
  renew(): Promise<void> {
    return this.#turns.run('rotation', () => this.#renew());
  }

  /** The files are read one after the other: in a turn, as a change of the authority moves them. */
  async #renew(): Promise<void> {
    const { dir, names, world, onRenewed } = this.#options;
    this.#identity = await openIdentity(dir, { now: world.now(), ...(names && { names }) });
    this.#believed = believedBy(this.#identity);
    onRenewed(this.#identity);
  }

  /** Begins a change of the authority's key, or ends it, whoever has not followed. Throws BAD_USAGE. */
  rotate(actor: string, finish: boolean): Promise<void> {
    return this.#turns.run('rotation', async () => {
      const { next } = this.#identity;
      if ((next !== undefined) !== finish) {
        const message = finish ? 'no change is under way' : 'a change is under way already';
        throw fault('BAD_USAGE', message);
      }
      await this.#step(actor);
      // There may be nobody who has to follow.
      if (!finish) void this.finishOnce();
    });
  }

  /** Who has not followed yet; undefined where no change is under way. */
  async waiting(): Promise<readonly string[] | undefined> {
    const { next } = this.#identity;
    return next && notYetOn(next.digest, this.#options.store);
  }

  /** Once every host has a certificate of the next authority. */
  finishOnce(): Promise<void> {
    if (this.#identity.next === undefined) return Promise.resolve();
    // One that has not begun yet sees all that is written by then: thousands ask as they follow.
    this.#finishing ??= this.#turns
      .run('rotation', async () => {
        this.#finishing = undefined;
        const left = await this.waiting();
        if (left?.length === 0) await this.#step('master');
      })
      .catch((error: unknown) => {
        this.#options.log.error({ err: error }, 'the change of the authority could not be ended');
      });
    return this.#finishing;
  }

  /** When what goes on has come to its end. */
  idle(): Promise<void> {
    return this.#turns.idle();
  }

  async #step(actor: string): Promise<void> {
    const { dir, world, eventlog, onTrust } = this.#options;
    const begins = this.#identity.next === undefined;
    await rotateCa(dir, this.#identity, Math.max(world.now(), this.#identity.serial + 1));
    await this.#renew();
    const message = begins
      ? 'a new authority was made; hosts are told to believe in both'
      : 'the new authority has taken the place of the old one';
    const what = begins ? 'rotating' : 'rotated';
    await eventlog.commit([], [], [{ kind: 'fleet', what, actor, cause: 'rotation', message }]);
    onTrust();
  }
}

function believedBy(identity: MasterIdentity): Believed {
  const certificates = readCertificates(believedIn(identity));
  return { certificates, domain: identity.authority.domain };
}
