// The minion as a whole: the journal, the link to the master, the Docker Engine, and what is held true
// between them. What is here only wires; every decision stands elsewhere.
//
// Long because it is all that there is, wired.

import type { Logger } from 'pino';
import { readCertificates } from '../protocol/identity/authority.ts';
import { domainOf } from '../protocol/identity/names.ts';
import { isSignedDesire } from '../protocol/identity/signing.ts';
import type { Desire } from '../protocol/messages.ts';
import { version } from '../protocol/version.ts';
import type { World } from '../protocol/world.ts';
import type { Fault } from '../states/faults.ts';
import { openControl } from './control.ts';
import { engineFacts, machineFacts } from './facts.ts';
import type { Holding } from './holding.ts';
import { arpRetryMs, readMinion, signerOf, type Identity, type MinionConfig } from './identity.ts';
import { Journal } from './journal.ts';
import { acceptedOf, type Facts } from './journal/held.ts';
import { startLink, type Link, type LinkHandlers } from './link.ts';
import { Renewal } from './renewal.ts';
import type { StatusView } from './status.ts';

interface DaemonOptions {
  readonly dir: string;
  readonly world: World;
  readonly log: Logger;
}

interface Daemon {
  /** Resolves with why, when the minion cannot go on. */
  readonly failed: Promise<Fault>;
  /** Leaves all containers as they are. */
  close(): Promise<void>;
}

/** Throws MINION_UNSET, MINION_BUSY, JOURNAL_UNUSABLE or BAD_USAGE. */
export async function startMinion(options: DaemonOptions): Promise<Daemon> {
  const { dir, world, log } = options;
  const { config, identity } = await readMinion(dir);
  let fail: (fault: Fault) => void = () => undefined;
  const failed = new Promise<Fault>((resolve) => (fail = resolve));
  let minion: Minion | undefined;
  const status = async (): Promise<StatusView> => {
    if (minion === undefined) throw new Error('asked before it began');
    return minion.status();
  };
  const control = await openControl({ dir, status, onLost: fail });
  try {
    const owner = ownerOf(identity);
    const signer = signerOf(identity);
    const isSigned = (desire: Desire): boolean => isSignedDesire(signer, identity.id, desire);
    const journal = await Journal.open({ dir, owner, isSigned, world, log });
    minion = new Minion(options, { config, identity, journal });
    await minion.start();
    log.info({ id: identity.id, url: config.url, version: version() }, 'the minion runs');
    const started = minion;
    return {
      failed,
      close: async () => {
        await started.close();
        await control.close();
      },
    };
  } catch (error) {
    await control.close();
    throw error;
  }
}

/** Generations of another master, or of another host, mean nothing here. */
function ownerOf({ id, ca }: Identity): string {
  const [authority] = readCertificates(ca);
  // It stays when the authority's key is changed.
  return `${id} of ${(authority && domainOf(authority)) ?? 'nobody'}`;
}

interface Parts {
  readonly config: MinionConfig;
  readonly identity: Identity;
  readonly journal: Journal;
}

const factsEveryMs = 60_000;
const linkLookMs = 5_000;
/** The link comes first, but what runs here is looked after also where no master answers. */
const linkFirstMs = 300;
const closeMsMax = 5_000;

class Minion {
  readonly #options: DaemonOptions;
  readonly #parts: Parts;
  readonly #startedAt: number;
  readonly #stop = new AbortController();
  readonly #holding: Promise<Holding>;
  #begun: (holding: Holding) => void = () => undefined;
  #machine: Facts = {};
  #dockerDownSince: number | undefined;
  /** The facts that the master has, as far as is known here. */
  #told = '';
  #link: Link | undefined;
  #linkState: { linked: boolean; since: number };
  readonly #renewal: Renewal;
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(options: DaemonOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
    this.#startedAt = options.world.now();
    this.#linkState = { linked: false, since: this.#startedAt };
    this.#holding = new Promise((resolve) => (this.#begun = resolve));
    this.#renewal = new Renewal(parts.identity, {
      ...options,
      ask: (csr, trust) => this.#link?.renew(csr, trust) ?? false,
      onRenewed: (identity) => {
        this.#link?.use(identity);
      },
    });
  }

  async start(): Promise<void> {
    const { config, identity } = this.#parts;
    this.#machine = await machineFacts(identity.id, config.url);
    await this.#linkUp();
    await this.#hold();
    this.#every(factsEveryMs, () => void this.#refresh());
    this.#every(linkLookMs, () => {
      this.#noteLink();
      this.#renewal.look();
    });
  }

  async status(): Promise<StatusView> {
    const { config, identity, journal } = this.#parts;
    const { setAside, held } = journal;
    this.#noteLink();
    const holding = await this.#holding;
    return {
      ...{ id: identity.id, version: version(), pid: process.pid, url: config.url },
      startedAt: this.#startedAt,
      link: this.#linkState,
      docker: holding.docker,
      journal: { pending: held.told.length, ...(setAside === undefined ? {} : { setAside }) },
      environments: await holding.environments(),
    };
  }

  /** Once {@link start} has resolved. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#stop.abort();
    await within(closeMsMax, async () => {
      await this.#link?.close();
      await (await this.#holding).close();
    });
    await this.#parts.journal.close();
  }

  /** Resolves when the master has said welcome, or will not soon. */
  async #linkUp(): Promise<void> {
    const { world, log } = this.#options;
    const { config, identity, journal } = this.#parts;
    const welcomed = new Promise<void>((resolve) => {
      this.#link = startLink({
        ...{ url: config.url, identity, world, log },
        handlers: this.#handlers(resolve),
        source: {
          hello: () => {
            this.#told = JSON.stringify(this.#facts);
            const accepted = acceptedOf(journal.held);
            return { version: version(), facts: this.#facts, accepted };
          },
          pending: () => journal.held.told,
        },
      });
    });
    await Promise.race([welcomed, world.sleep(linkFirstMs, this.#stop.signal)]);
  }

  #handlers(onWelcomed: () => void): LinkHandlers {
    const { journal } = this.#parts;
    return {
      onWelcome: ({ id, version: theirs }) => {
        this.#linkState = { linked: true, since: this.#options.world.now() };
        this.#options.log.info({ id, master: theirs }, 'linked');
        this.#tellChanged();
        onWelcomed();
      },
      onDesire: (desire) => {
        void this.#holding.then((holding) => {
          holding.desire(desire);
        });
      },
      onCall: async (call, signal, say) => {
        return (await this.#holding).answer(call, { signal, say });
      },
      onAck: (seq) => {
        void journal.acked(seq);
      },
      onCertificate: (certificate) => {
        void this.#renewal.answered(certificate);
      },
      onTrust: (trust) => {
        void this.#renewal.trust(trust);
      },
    };
  }

  async #hold(): Promise<void> {
    const { world, log } = this.#options;
    const { config, journal } = this.#parts;
    const { Holding } = await import('./holding.ts');
    const holding = await Holding.start({
      docker: process.env.DOCKER_HOST || config.docker,
      policy: config.allow,
      arpRetryMs: arpRetryMs(config),
      ...{ world, log, journal },
      wake: () => {
        this.#link?.wake();
      },
      progress: (progress) => {
        this.#link?.progress(progress);
      },
      onUp: (info) => {
        this.#dockerDownSince = undefined;
        this.#tellChanged();
        void engineFacts(info).then((facts) => this.#tellFacts(facts));
      },
      onDown: () => {
        this.#dockerDownSince ??= world.now();
        this.#tellChanged();
      },
    });
    this.#begun(holding);
  }

  /** The Engine's part is of the last time it was asked, so that no hello is without it. */
  get #facts(): Facts {
    const down = this.#dockerDownSince;
    const docker: Facts = down === undefined ? {} : { dockerDownSince: down };
    return { ...this.#machine, ...this.#parts.journal.held.facts, ...docker };
  }

  async #tellFacts(engine: Facts): Promise<void> {
    await this.#parts.journal.facts(engine);
    this.#tellChanged();
  }

  /** What changes without a link is told with the next one, and what did not go out at the next look. */
  #tellChanged(): void {
    const facts = JSON.stringify(this.#facts);
    if (facts !== this.#told && this.#link?.facts(this.#facts) === true) this.#told = facts;
  }

  async #refresh(): Promise<void> {
    const { config, identity, journal } = this.#parts;
    this.#machine = await machineFacts(identity.id, config.url);
    this.#tellChanged();
    await journal.facts(journal.held.facts);
  }

  #every(ms: number, work: () => void): void {
    this.#timers.push(setInterval(work, ms).unref());
  }

  /** The link tells when it begins; that it has ended is seen by looking. */
  #noteLink(): void {
    const linked = this.#link?.linked ?? false;
    if (linked === this.#linkState.linked) return;
    this.#linkState = { linked, since: this.#options.world.now() };
  }
}

async function within(ms: number, work: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work(), late]);
  clearTimeout(timer);
}
