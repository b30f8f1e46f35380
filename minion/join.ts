// `minion join`: this host gets its identity. The secret of the token is shown to nobody but the
// master whose authority the token names, and the host's key is shown to nobody at all. Without a
// token a person compares two fingerprints: the master's authority here, this host's key there.
//
// Long because what is asked, checked and kept is one procedure.

import type { KeyObject, X509Certificate } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { enrolAnswer, enrolPaths, enrolRefusal, type EnrolRequest } from '../protocol/enrol.ts';
import { fingerprintOf, readCertificate } from '../protocol/identity/authority.ts';
import { readIfThere, writeWhole } from '../protocol/identity/files.ts';
import { keyDigest, keyText, makeKey, parseDigest, readKey } from '../protocol/identity/keys.ts';
import { domainOf } from '../protocol/identity/names.ts';
import { makeCsr } from '../protocol/identity/request.ts';
import { readSigner } from '../protocol/identity/signing.ts';
import { parseToken, type JoinToken } from '../protocol/identity/token.ts';
import { limits } from '../protocol/limits.ts';
import { realWorld, type World } from '../protocol/world.ts';
import { Fault, fault } from '../states/faults.ts';
import { parseHostId, type HostId } from '../states/ids.ts';
import { acceptedCertificate } from './certificate.ts';
import { checkClock, checkValidity } from './clock.ts';
import { ask, type HttpAnswer } from './https.ts';
import {
  minionConfigObject,
  minionConfigText,
  minionFiles,
  parseMinionConfig,
} from './identity.ts';
import { parseMasterUrl, placeOf } from './master-url.ts';
import type { HostPolicy } from './policy.ts';

export interface JoinOptions {
  /** `wss://host:port`, or the host and port alone. */
  readonly url: string;
  /** Without one, a person on the master decides. */
  readonly token?: string;
  /** sha256 of the master's CA, where no token names it. */
  readonly caDigest?: string;
  /** Asked where neither does: whether this is the master's CA. */
  readonly confirm?: (digest: string) => Promise<boolean>;
  /** Nobody has decided yet; told once, with the sha256 of this host's key. */
  readonly onWaiting?: (waiting: { readonly id: HostId; readonly key: string }) => void;
  readonly signal?: AbortSignal;
  readonly id: string;
  /** The minion's own directory; made where there is none. */
  readonly dir: string;
  /** As in DOCKER_HOST; kept for `minion start`. */
  readonly docker?: string;
  /** What of this host containers may use; what minion.yaml says of it already stays without. */
  readonly allow?: Partial<HostPolicy>;
  readonly world?: World;
}

export interface Joined {
  readonly id: HostId;
  readonly url: string;
  /** Given by the token. */
  readonly labels: Readonly<Record<string, string>>;
  /** Unix milliseconds until which the certificate holds. */
  readonly expiresAt: number;
  readonly config: string;
}

/** Throws BAD_USAGE, MASTER_UNREACHABLE, JOIN_CA, JOIN_REFUSED or CLOCK_WRONG; can be done again. */
export async function join(options: JoinOptions): Promise<Joined> {
  const { dir, docker, allow, world = realWorld, onWaiting, signal } = options;
  const { url, token, id, trusted } = checked(options);
  const files = minionFiles(dir);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const ca = await authorityOf(url, trusted, world);
  const present = await refuseOther(dir, ca, id);
  const key = await keyIn(files.key);
  const request: EnrolRequest = {
    ...{ id, csr: makeCsr(key, id) },
    ...(token && { token: { id: token.id, secret: token.secret } }),
  };
  const told = (): void => onWaiting?.({ id, key: keyDigest(key) });
  const answer = await enrol({ url, ca, world, told, ...(signal && { signal }) }, request);
  const certificate = acceptedCertificate(answer.certificate, { key, ca: ca.toString(), id });
  checkValidity(certificate, placeOf(url), world.now());
  if (readSigner(answer.signer) === undefined) {
    throw fault('JOIN_REFUSED', 'the master answered without the key that signs its words');
  }
  await writeWhole(files.ca, ca.toString(), 0o644);
  await writeWhole(files.cert, answer.certificate, 0o644);
  await writeWhole(files.signer, answer.signer, 0o644);
  const config = {
    ...{ ...present, url, id },
    ...(docker !== undefined && { docker }),
    ...(allow !== undefined && { allow }),
  };
  // The last one, and whole: where it is, everything is.
  await writeWhole(files.config, minionConfigText(config), 0o644);
  const expiresAt = certificate.validToDate.getTime();
  return { id, url, labels: answer.labels, expiresAt, config: files.config };
}

interface Checked {
  readonly url: string;
  readonly token: JoinToken | undefined;
  readonly id: HostId;
  readonly trusted: (digest: string) => boolean | Promise<boolean>;
}

function checked(options: JoinOptions): Checked {
  const url = parseMasterUrl(options.url);
  if (url === undefined) {
    const message = `not the address of a master, wss://host:port: ${JSON.stringify(options.url)}`;
    throw fault('BAD_USAGE', message);
  }
  const token = options.token === undefined ? undefined : parseToken(options.token);
  // Not said what it is instead: it may be another secret.
  if (token === undefined && options.token !== undefined) {
    throw fault('BAD_USAGE', 'what was given as token is no join token');
  }
  const id = parseHostId(options.id);
  if (id !== undefined) return { url, token, id, trusted: trustOf(options, token) };
  const message = `not the id of a host (1 to 63 of a-z 0-9 . -): ${JSON.stringify(options.id)}`;
  throw fault('BAD_USAGE', message);
}

/** Whom this host believes to be its master: what was given from outside decides, or a person. */
function trustOf(
  { caDigest, confirm }: JoinOptions,
  token: JoinToken | undefined,
): Checked['trusted'] {
  const given = caDigest === undefined ? undefined : parseDigest(caDigest);
  if (caDigest !== undefined && given === undefined) {
    throw fault('BAD_USAGE', '--ca-digest takes the 64 hex digits that `master keys list` shows');
  }
  const known = token?.ca ?? given;
  if (known !== undefined) {
    if (given !== undefined && given !== known) {
      throw fault('BAD_USAGE', 'the token and --ca-digest name two authorities');
    }
    return (digest) => digest === known;
  }
  if (confirm !== undefined) return confirm;
  const message =
    'without a token this host cannot know its master: give --ca-digest, as `master keys list` shows it';
  throw fault('BAD_USAGE', message);
}

/** A host has one master and one id; what it runs is bound to them. What its owner wrote stays. */
async function refuseOther(dir: string, theirs: X509Certificate, id: HostId): Promise<object> {
  const files = minionFiles(dir);
  const [text, pem] = await Promise.all([readIfThere(files.config), readIfThere(files.ca)]);
  if (text === undefined) return {};
  const present = parseMinionConfig(text, files.config);
  const ca = readCertificate(pem ?? '');
  const sameMaster = ca === undefined || domainOf(ca) === domainOf(theirs);
  if (sameMaster && present.id === id) return minionConfigObject(text);
  const whose = sameMaster ? `as ${present.id}` : `another master, ${present.url}`;
  const message = `this host has joined ${whose}; use another --dir, or remove this one`;
  throw fault('BAD_USAGE', message, { where: dir });
}

/** The CA that the master presents, once it is the one that is meant. */
async function authorityOf(
  url: string,
  trusted: Checked['trusted'],
  world: World,
): Promise<X509Certificate> {
  const answer = await ask({ url, path: enrolPaths.ca, world });
  const certificate = answer.status === 200 ? readCertificate(answer.text) : undefined;
  if (certificate === undefined) {
    throw fault('MASTER_UNREACHABLE', `what answers at ${placeOf(url)} is no master of Brine`);
  }
  if (!(await trusted(fingerprintOf(certificate)))) {
    const message = `the authority of ${placeOf(url)} is not the one that is meant; nothing was told to it`;
    throw fault('JOIN_CA', message);
  }
  checkClock(answer, placeOf(url), world.now());
  return certificate;
}

/** A key that is there already is used again, so that a join that was cut off can be done again. */
async function keyIn(path: string): Promise<KeyObject> {
  const present = readKey((await readIfThere(path)) ?? '');
  if (present !== undefined) return present;
  const made = makeKey();
  await writeWhole(path, keyText(made), 0o600);
  return made;
}

const attemptsMax = 10;
const waitMsMax = 30_000;

interface Enrolling {
  readonly url: string;
  readonly ca: X509Certificate;
  readonly world: World;
  readonly told: () => void;
  readonly signal?: AbortSignal;
}

async function enrol({ url, ca, world, told, signal }: Enrolling, request: EnrolRequest) {
  const asked = { url, path: enrolPaths.enrol, ca: ca.toString(), body: JSON.stringify(request) };
  let waits = false;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask({ ...asked, world }).catch((error: unknown) => {
      // Whoever waits for a person also waits for a master that is started anew.
      if (waits && error instanceof Fault && error.data.code === 'MASTER_UNREACHABLE') return;
      throw error;
    });
    if (answer === undefined || answer.status === 202) {
      if (!waits) told();
      waits = true;
      attempt = 0;
      await world.sleep(limits.joinAgainMs * (0.5 + world.random()), signal);
      continue;
    }
    if (answer.status === 200) {
      const parsed = enrolAnswer.safeParse(jsonOf(answer));
      if (parsed.success) return parsed.data;
      throw fault('MASTER_UNREACHABLE', `what ${placeOf(url)} answered makes no sense`);
    }
    // Many hosts behind one address may have to queue.
    if (answer.status !== 429 || attempt >= attemptsMax) throw refusal(answer, url);
    const waitMs = Math.min(waitMsMax, (answer.retryAfterSeconds + world.random()) * 1_000);
    await world.sleep(waitMs);
  }
}

function refusal(answer: HttpAnswer, url: string) {
  const parsed = enrolRefusal.safeParse(jsonOf(answer));
  if (!parsed.success) {
    return fault('MASTER_UNREACHABLE', `${placeOf(url)} answers with status ${answer.status}`);
  }
  const { code, message } = parsed.data.error;
  return fault(code, message, { where: placeOf(url) });
}

function jsonOf({ text }: HttpAnswer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
