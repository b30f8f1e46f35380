// `minion join`: this host gets its identity. The secret of the token is shown to nobody but the
// master whose authority the token names, and the host's key is shown to nobody at all.

import type { KeyObject, X509Certificate } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { enrolAnswer, enrolPaths, enrolRefusal, type EnrolRequest } from '../protocol/enrol.ts';
import { fingerprintOf, readCertificate } from '../protocol/identity/authority.ts';
import { readIfThere, writeWhole } from '../protocol/identity/files.ts';
import { keyText, makeKey, readKey } from '../protocol/identity/keys.ts';
import { domainOf, minionOf } from '../protocol/identity/names.ts';
import { makeCsr } from '../protocol/identity/request.ts';
import { parseToken, type JoinToken } from '../protocol/identity/token.ts';
import { realWorld, type World } from '../protocol/world.ts';
import { fault } from '../states/faults.ts';
import { parseHostId, type HostId } from '../states/ids.ts';
import { checkClock, checkValidity } from './clock.ts';
import { ask, type HttpAnswer } from './https.ts';
import { minionConfigText, minionFiles, parseMinionConfig, type MinionConfig } from './identity.ts';
import { parseMasterUrl, placeOf } from './master-url.ts';

export interface JoinOptions {
  /** `wss://host:port`, or the host and port alone. */
  readonly url: string;
  readonly token: string;
  readonly id: string;
  /** The minion's own directory; made where there is none. */
  readonly dir: string;
  /** As in DOCKER_HOST; kept for `minion start`. */
  readonly docker?: string;
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
  const { dir, docker, world = realWorld } = options;
  const { url, token, id } = checked(options);
  const files = minionFiles(dir);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await refuseOther(dir, token, id);
  const ca = await authorityOf(url, token, world);
  const key = await keyIn(files.key);
  const answer = await enrol({ url, ca, world }, { token, id, csr: makeCsr(key, id) });
  const certificate = accepted(answer.certificate, { key, ca, id });
  checkValidity(certificate, placeOf(url), world.now());
  await writeWhole(files.ca, ca.toString(), 0o644);
  await writeWhole(files.cert, answer.certificate, 0o644);
  const config: MinionConfig = { url, id, ...(docker === undefined ? {} : { docker }) };
  // The last one, and whole: where it is, everything is.
  await writeWhole(files.config, minionConfigText(config), 0o644);
  const expiresAt = certificate.validToDate.getTime();
  return { id, url, labels: answer.labels, expiresAt, config: files.config };
}

function checked(options: JoinOptions): { url: string; token: JoinToken; id: HostId } {
  const url = parseMasterUrl(options.url);
  if (url === undefined) {
    const message = `not the address of a master, wss://host:port: ${JSON.stringify(options.url)}`;
    throw fault('BAD_USAGE', message);
  }
  const token = parseToken(options.token);
  // Not said what it is instead: it may be another secret.
  if (token === undefined) throw fault('BAD_USAGE', 'what was given as token is no join token');
  const id = parseHostId(options.id);
  if (id !== undefined) return { url, token, id };
  const message = `not the id of a host (1 to 63 of a-z 0-9 . -): ${JSON.stringify(options.id)}`;
  throw fault('BAD_USAGE', message);
}

/** A host has one master and one id; what it runs is bound to them. */
async function refuseOther(dir: string, token: JoinToken, id: HostId): Promise<void> {
  const files = minionFiles(dir);
  const [text, pem] = await Promise.all([readIfThere(files.config), readIfThere(files.ca)]);
  if (text === undefined) return;
  const present = parseMinionConfig(text, files.config);
  const ca = readCertificate(pem ?? '');
  const sameMaster = ca === undefined || fingerprintOf(ca) === token.ca;
  if (sameMaster && present.id === id) return;
  const whose = sameMaster ? `as ${present.id}` : `another master, ${present.url}`;
  const message = `this host has joined ${whose}; use another --dir, or remove this one`;
  throw fault('BAD_USAGE', message, { where: dir });
}

/** The CA that the master presents, once it is the one that the token names. */
async function authorityOf(url: string, token: JoinToken, world: World): Promise<X509Certificate> {
  const answer = await ask({ url, path: enrolPaths.ca, world });
  const certificate = answer.status === 200 ? readCertificate(answer.text) : undefined;
  if (certificate === undefined) {
    throw fault('MASTER_UNREACHABLE', `what answers at ${placeOf(url)} is no master of Brine`);
  }
  if (fingerprintOf(certificate) !== token.ca) {
    const message = `the authority of ${placeOf(url)} is not the one that the token names; nothing was told to it`;
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

async function enrol(
  { url, ca, world }: { url: string; ca: X509Certificate; world: World },
  { token, id, csr }: { token: JoinToken; id: HostId; csr: string },
) {
  const request: EnrolRequest = { token: { id: token.id, secret: token.secret }, id, csr };
  const asked = { url, path: enrolPaths.enrol, ca: ca.toString(), body: JSON.stringify(request) };
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask({ ...asked, world });
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

/** What the master signed is looked at before it is kept. */
function accepted(
  pem: string,
  { key, ca, id }: { key: KeyObject; ca: X509Certificate; id: HostId },
): X509Certificate {
  const certificate = readCertificate(pem);
  const domain = domainOf(ca);
  if (certificate?.checkPrivateKey(key) === true && certificate.verify(ca.publicKey)) {
    if (domain !== undefined && minionOf(certificate, domain) === id) return certificate;
  }
  throw fault('JOIN_REFUSED', 'the master answered with a certificate that is not for this host');
}

function jsonOf({ text }: HttpAnswer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
