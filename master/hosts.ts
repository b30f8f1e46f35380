// What is recorded of the hosts: who is there, what people call them, what they tell of themselves, and
// when they came and went.

import type { Logger } from 'pino';
import type { World } from '../protocol/world.ts';
import { fault } from '../states/faults.ts';
import { parseHostId, type HostId } from '../states/ids.ts';
import type { InventoryHost } from '../states/model.ts';
import { unknownName } from '../states/unknown-name.ts';
import type { LabelChanges } from './api/services.ts';
import type { EventLog } from './eventlog.ts';
import type { NewEvent } from './events.ts';
import type { Facts, Hello } from './fleet/fleet.ts';
import { hostKey, identityKey } from './fleet/records.ts';
import type { Entry, Store } from './store/store.ts';
import type { HostRecord } from './views/hosts.ts';

interface HostBookOptions {
  readonly store: Store;
  readonly eventlog: Pick<EventLog, 'commit'>;
  readonly world: World;
  readonly log: Logger;
}

type Told = Pick<Extract<NewEvent, { kind: 'fleet' }>, 'what' | 'actor' | 'cause' | 'message'>;

const attemptsMax = 5;

export class HostBook {
  readonly #options: HostBookOptions;
  readonly #writing = new Set<Promise<unknown>>();
  #closing = false;

  constructor(options: HostBookOptions) {
    this.#options = options;
  }

  async all(): Promise<readonly HostRecord[]> {
    const entries = await this.#options.store.range(hostKey('' as HostId));
    return entries.map(({ value }) => value as HostRecord);
  }

  async inventory(): Promise<readonly InventoryHost[]> {
    return (await this.all()).map(({ id, labels, facts }) => ({ id: idOf(id), labels, facts }));
  }

  /** Throws UNKNOWN_NAME where no host of that name has joined. */
  async find(name: string): Promise<HostRecord> {
    return (await this.#entry(name)).value;
  }

  linked(host: HostId, { version, facts }: Hello): Promise<void> {
    const lastSeen = this.#options.world.now();
    const here = { version, facts, lastSeen, away: false };
    return this.#change(host, (record) => ({ ...record, ...here }), {
      ...{ what: 'linked', actor: `minion:${host}`, cause: 'hello' },
      message: `${host} is linked`,
    });
  }

  facts(host: HostId, facts: Facts): Promise<void> {
    return this.#change(host, (record) => ({ ...record, facts }));
  }

  gone(host: HostId, reason: string): void {
    // That the master itself goes away says nothing of its hosts.
    if (this.#closing) return;
    const lastSeen = this.#options.world.now();
    const told = { what: 'gone', actor: 'master', cause: 'link', message: `${host}: ${reason}` };
    const done = this.#change(host, (record) => ({ ...record, lastSeen, away: true }), told as Told)
      .catch((error: unknown) => {
        this.#options.log.error({ err: error, host }, 'the loss of a link could not be recorded');
      })
      .finally(() => this.#writing.delete(done));
    this.#writing.add(done);
  }

  async label(name: string, { set, remove, actor }: LabelChanges): Promise<HostRecord> {
    for (const key of Object.keys(set)) checkKey(key);
    const host = idOf((await this.find(name)).id);
    const words = [
      ...Object.entries(set).map(([key, value]) => `${key}=${value}`),
      ...remove.map((key) => `${key}-`),
    ];
    await this.#change(host, (record) => ({ ...record, labels: relabelled(record, set, remove) }), {
      ...{ what: 'labels', actor, cause: 'request' },
      message: `${host} was labelled ${words.join(' ')}`,
    });
    return this.find(name);
  }

  /** Its minion is let in no more; what runs there runs on. */
  async remove(name: string, actor: string): Promise<HostId> {
    const { key, value, revision } = await this.#entry(name);
    const host = idOf(value.id);
    const message = `${host} was removed`;
    const done = await this.#options.eventlog.commit(
      [{ key, revision }],
      [{ delete: key }, { delete: identityKey(host) }],
      [{ kind: 'fleet', what: 'removed', host, actor, cause: 'request', message }],
    );
    return done ? host : this.remove(name, actor);
  }

  /** From here on links end because the master does. */
  closing(): void {
    this.#closing = true;
  }

  async close(): Promise<void> {
    await Promise.all(this.#writing);
  }

  async #entry(name: string): Promise<Entry<HostRecord>> {
    const id = parseHostId(name);
    const entry = id === undefined ? undefined : await this.#options.store.get(hostKey(id));
    if (entry !== undefined) return { ...entry, value: entry.value as HostRecord };
    const known = (await this.all()).map((host) => host.id);
    throw unknownName('host is named', name, known);
  }

  /** Once more where people and the host itself wrote at the same time. */
  async #change(
    host: HostId,
    change: (record: HostRecord) => HostRecord,
    told?: Told,
  ): Promise<void> {
    const { store, eventlog } = this.#options;
    const key = hostKey(host);
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const entry = await store.get(key);
      if (entry === undefined) return;
      const value = change(entry.value as HostRecord);
      const events: NewEvent[] = told === undefined ? [] : [{ kind: 'fleet', host, ...told }];
      const compares = [{ key, revision: entry.revision }];
      if (await eventlog.commit(compares, [{ put: key, value }], events)) return;
    }
    throw fault('STORE_UNUSABLE', `the record of ${host} keeps changing`);
  }
}

function idOf(name: string): HostId {
  const id = parseHostId(name);
  if (id === undefined) throw new Error(`not the id of a host: ${name}`);
  return id;
}

/** As selectors can name it. */
function checkKey(key: string): void {
  if (key !== 'id' && /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/.test(key)) return;
  const message = key === 'id' ? 'the id of a host is no label' : `not the name of a label: ${key}`;
  throw fault('BAD_USAGE', message);
}

function relabelled(
  { labels }: HostRecord,
  set: LabelChanges['set'],
  remove: readonly string[],
): HostRecord['labels'] {
  const kept = Object.entries(labels).filter(([key]) => !remove.includes(key));
  return { ...Object.fromEntries(kept), ...set };
}
