// Environments that say `apply: auto`: what people have changed there is rolled out once it is seen, as
// if somebody had said `master apply`. Nothing is tried twice, unless it could not even begin.

import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { World } from '../../protocol/world.ts';
import { Fault } from '../../states/faults.ts';
import type { StateFiles } from '../../states/files.ts';
import type { ApplyRequest, PendingView } from '../api/contract.ts';
import { standstill } from '../pipeline/gates.ts';
import type { Pipeline } from '../pipeline/record.ts';
import type { LoadedStates } from '../services/states.ts';
import type { Store } from '../store/store.ts';

interface AutoApplyOptions {
  readonly store: Pick<Store, 'get' | 'commit'>;
  readonly states: { readonly last: LoadedStates | undefined };
  readonly pipeline: { readonly pipeline: Pipeline };
  readonly world: Pick<World, 'now'>;
  readonly log: Logger;
  readonly pending: (environment: string) => Promise<PendingView | null>;
  /** Resolves once it has begun, or there was nothing to do. */
  readonly apply: (request: ApplyRequest) => Promise<unknown>;
}

const keyOf = (environment: string): string => `auto-apply/${environment}`;

/** Hosts for which these files were applied: what failed there is not tried again by itself. */
const record = z.strictObject({ files: z.string(), tried: z.array(z.string()) });

export class AutoApply {
  readonly #options: AutoApplyOptions;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: AutoApplyOptions) {
    this.#options = options;
  }

  /** By the states that were read last; one look after the other. */
  look(): Promise<void> {
    const { log } = this.#options;
    // A look that fails is not the last one.
    this.#turn = this.#turn
      .then(() => this.#look())
      .catch((error: unknown) => {
        log.error({ err: error }, 'what is to be applied by itself could not be seen');
      });
    return this.#turn;
  }

  async close(): Promise<void> {
    await this.#turn;
  }

  async #look(): Promise<void> {
    const { states, pipeline, world, log } = this.#options;
    const read = states.last;
    for (const { name, apply } of read?.states.environments.values() ?? []) {
      if (read === undefined || apply !== 'auto') continue;
      try {
        if (standstill(pipeline.pipeline, name, world.now()) !== undefined) continue;
        await this.#applyTo(name, read.files);
      } catch (error) {
        // It is shown as pending, and looked at again.
        if (error instanceof Fault) log.info({ err: error, environment: name }, 'not applied yet');
        else log.error({ err: error, environment: name }, 'what changed could not be applied');
      }
    }
  }

  async #applyTo(environment: string, read: StateFiles): Promise<void> {
    const { store, pending, apply } = this.#options;
    const found = await pending(environment);
    if (found?.kind !== 'changed') return;
    const files = filesHash(read);
    const key = keyOf(environment);
    const entry = await store.get(key);
    const known = entry === undefined ? undefined : record.parse(entry.value);
    const tried = known?.files === files ? known.tried : [];
    const change = JSON.stringify([found.hosts, found.images]);
    if (tried.includes(change)) return;
    await apply({ environment, actor: 'master' });
    await store.commit(
      [{ key, revision: entry?.revision ?? 0 }],
      [{ put: key, value: { files, tried: [...tried, change].slice(-triedKept) } }],
    );
  }
}

const triedKept = 50;

/** Of what people write: a commit of the master changes nothing that they asked for. */
function filesHash(files: StateFiles): string {
  const hash = createHash('sha256');
  for (const [path, file] of [...files].sort(([one], [other]) => (one < other ? -1 : 1))) {
    if (!('bytes' in file) || path.startsWith('versions/')) continue;
    hash.update(`${path}\0${file.bytes.length}\0`).update(file.bytes);
  }
  return hash.digest('hex');
}
