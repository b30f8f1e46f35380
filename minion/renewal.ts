// A certificate renews itself over the live link, long before it ends: with a new key, at a time that
// chance picks, so that a fleet that joined together does not ask together. The link goes on as it is;
// the next one is made with the new certificate.

import type { KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import { readCertificate, readCertificates } from '../protocol/identity/authority.ts';
import { keyText, makeKey } from '../protocol/identity/keys.ts';
import { writeWhole } from '../protocol/identity/files.ts';
import { domainOf } from '../protocol/identity/names.ts';
import { isSignedTrust, type Trust } from '../protocol/identity/signing.ts';
import { makeCsr } from '../protocol/identity/request.ts';
import type { World } from '../protocol/world.ts';
import { Fault } from '../states/faults.ts';
import { acceptedCertificate } from './certificate.ts';
import { keepRenewed, minionFiles, signerOf, type Identity } from './identity.ts';

interface RenewalOptions {
  readonly dir: string;
  readonly world: Pick<World, 'now' | 'random'>;
  readonly log: Logger;
  /** False where there is no link now. */
  readonly ask: (csr: string, trust: number) => boolean;
  /** It is on the disk: from here on links are made with it. */
  readonly onRenewed: (identity: Identity) => void;
}

type SignedTrust = Trust & { readonly signature: string };

/** Asked again after this long without an answer. */
const answerMsMax = 60_000;

export class Renewal {
  readonly #options: RenewalOptions;
  #identity: Identity;
  #dueAt: number;
  #turn: Promise<void> = Promise.resolve();
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
    if (ask(makeCsr(key, this.#identity.id), trustSerial(this.#identity.ca)))
      this.#asked = { key, at: now };
  }

  /** Kept where it is newer and signed; then the certificate is renewed at once, by the new one. */
  trust(trust: SignedTrust): Promise<void> {
    return this.#inTurn('the authorities', () => this.#trust(trust));
  }

  /** As the master has answered; what was not asked for, or is not for this host, is not kept. */
  answered(cert: string): Promise<void> {
    return this.#inTurn('the certificate', () => this.#answered(cert));
  }

  /** Files are written by one at a time; what cannot be written comes again. */
  #inTurn(what: string, work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work).catch((error: unknown) => {
      this.#options.log.error({ err: error }, `${what} could not be kept`);
    });
    return this.#turn;
  }

  async #trust(trust: SignedTrust): Promise<void> {
    const { dir, log, onRenewed } = this.#options;
    if (trust.serial <= trustSerial(this.#identity.ca)) return;
    const certificates = readCertificates(trust.ca);
    const domains = new Set(certificates.map(domainOf));
    const own = readCertificates(this.#identity.ca).map(domainOf)[0];
    const signed = isSignedTrust(signerOf(this.#identity), trust);
    if (!signed || own === undefined || domains.size !== 1 || !domains.has(own)) {
      log.error('authorities came that are not signed by the master of this host');
      return;
    }
    const ca = `# trust ${trust.serial}\n${trust.ca}`;
    await writeWhole(minionFiles(dir).ca, ca, 0o644);
    this.#identity = { ...this.#identity, ca };
    onRenewed(this.#identity);
    log.info({ authorities: certificates.length }, 'believes in the authorities of its master');
    if (certificates.length < 2) return;
    this.#asked = undefined;
    this.#dueAt = 0;
    this.look();
  }

  async #answered(cert: string): Promise<void> {
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

/** Of the newest word on authorities that was kept, as it stands above them; 0 for none. */
const trustSerial = (ca: string): number => Number(/^# trust (\d{1,16})$/m.exec(ca)?.[1] ?? 0);

/** At 50 to 80 % of its life. */
export function renewalAt(pem: string, random: number): number {
  const certificate = readCertificate(pem);
  if (certificate === undefined) return 0;
  const from = certificate.validFromDate.getTime();
  return from + (certificate.validToDate.getTime() - from) * (0.5 + 0.3 * random);
}
