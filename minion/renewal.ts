// A certificate renews itself over the live link, long before it ends: with a new key, at a time that
// chance picks, so that a fleet that joined together does not ask together. The link goes on as it is;
// the next one is made with the new certificate.

import type { KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import { readCertificate } from '../protocol/identity/authority.ts';
import { keyText, makeKey } from '../protocol/identity/keys.ts';
import { makeCsr } from '../protocol/identity/request.ts';
import type { World } from '../protocol/world.ts';
import { Fault } from '../states/faults.ts';
import { acceptedCertificate } from './certificate.ts';
import { keepRenewed, type Identity } from './identity.ts';

export interface RenewalOptions {
  readonly dir: string;
  readonly world: Pick<World, 'now' | 'random'>;
  readonly log: Logger;
  /** False where there is no link now. */
  readonly ask: (csr: string) => boolean;
  /** It is on the disk: from here on links are made with it. */
  readonly onRenewed: (identity: Identity) => void;
}

/** Asked again after this long without an answer. */
const answerMsMax = 60_000;

export class Renewal {
  readonly #options: RenewalOptions;
  #identity: Identity;
  #dueAt: number;
  #asked: { readonly key: KeyObject; readonly at: number } | undefined;

  constructor(identity: Identity, options: RenewalOptions) {
    this.#options = options;
    this.#identity = identity;
    this.#dueAt = renewalAt(identity.cert, options.world.random());
  }

  get dueAt(): number {
    return this.#dueAt;
  }

  /** To be called now and then. */
  look(): void {
    const { world, ask } = this.#options;
    const now = world.now();
    if (now < this.#dueAt) return;
    if (this.#asked !== undefined && now < this.#asked.at + answerMsMax) return;
    const key = makeKey();
    if (ask(makeCsr(key, this.#identity.id))) this.#asked = { key, at: now };
  }

  /** As the master has answered; what was not asked for, or is not for this host, is not kept. */
  async answered(cert: string): Promise<void> {
    const { dir, world, log, onRenewed } = this.#options;
    const { id, ca } = this.#identity;
    const key = this.#asked?.key;
    if (key === undefined) {
      log.warn('a certificate came that nobody had asked for');
      return;
    }
    try {
      const { validToDate } = acceptedCertificate(cert, { key, ca, id });
      const identity: Identity = { ...this.#identity, key: keyText(key), cert };
      await keepRenewed(dir, identity);
      this.#asked = undefined;
      this.#identity = identity;
      this.#dueAt = renewalAt(cert, world.random());
      onRenewed(identity);
      log.info({ until: validToDate.toISOString() }, 'the certificate was renewed');
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      log.error({ err: error }, 'the certificate could not be renewed');
    }
  }
}

/** At 50 to 80 % of its life. */
export function renewalAt(pem: string, random: number): number {
  const certificate = readCertificate(pem);
  if (certificate === undefined) return 0;
  const from = certificate.validFromDate.getTime();
  return from + (certificate.validToDate.getTime() - from) * (0.5 + 0.3 * random);
}
