// The answer to a registry's challenge: a name and a password, or a token fetched with them from
// where the registry says tokens are.

import { fault } from '../../states/faults.ts';
import { isLoopback, isOurOwn, type Place } from './place.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

interface Authority {
  readonly place: Place;
  readonly credentials?: Credentials;
  readonly send: (url: URL, headers: Record<string, string>) => Promise<Response>;
}

/** The value of the Authorization header. */
export async function authorize(challenge: string, authority: Authority): Promise<string> {
  const [, scheme = '', rest = ''] = /^\s*([A-Za-z]+)\s*(.*)$/s.exec(challenge) ?? [];
  const { credentials, place } = authority;
  if (scheme.toLowerCase() === 'basic') {
    if (credentials !== undefined) return basic(credentials);
    throw refused(place, 'wants a name and a password');
  }
  if (scheme.toLowerCase() === 'bearer') return bearer(parameters(rest), authority);
  throw refused(place, `wants something unknown: ${scheme === '' ? 'nothing named' : scheme}`);
}

const tokenCharsMax = 65_536;

async function bearer(
  asked: ReadonlyMap<string, string>,
  { place, credentials, send }: Authority,
): Promise<string> {
  const realm = realmOf(asked.get('realm'), place);
  const service = asked.get('service');
  if (service !== undefined) realm.searchParams.set('service', service);
  realm.searchParams.set('scope', `repository:${place.name}:pull`);
  const headers = credentials === undefined ? {} : { authorization: basic(credentials) };
  const response = await send(realm, { accept: 'application/json', ...headers });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw refused(place, `gives no token (${realm.host} answers ${response.status})`);
  }
  const answer = (await response.json().catch(() => null)) as Record<string, unknown> | null;
  const token = answer?.token ?? answer?.access_token;
  if (typeof token === 'string' && token.length <= tokenCharsMax && /^[!-~]+$/.test(token)) {
    return `Bearer ${token}`;
  }
  throw refused(place, `gives no token (${realm.host} answers something else)`);
}

/** Passwords go there: over TLS, unless the registry itself is spoken to without, and never inside. */
function realmOf(raw: string | undefined, place: Place): URL {
  const realm = URL.parse(raw ?? '');
  const registry = new URL(place.origin);
  if (realm === null) throw refused(place, 'does not say where tokens are');
  const plain = realm.protocol === 'http:' && registry.protocol === 'http:';
  if (realm.protocol !== 'https:' && !plain)
    throw refused(place, `wants tokens from ${realm.href}`);
  if (isOurOwn(realm.hostname) && !isLoopback(registry.hostname)) {
    throw refused(place, `wants tokens from ${realm.host}`);
  }
  return realm;
}

const basic = ({ username, password }: Credentials): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

function parameters(text: string): ReadonlyMap<string, string> {
  const found = text.matchAll(/([a-z_]+)="([^"]*)"/gi);
  return new Map([...found].map(([, name = '', value = '']) => [name.toLowerCase(), value]));
}

const refused = (place: Place, why: string): Error =>
  fault('REGISTRY_AUTH', `the registry ${place.registry} ${why}`, { where: place.registry });
