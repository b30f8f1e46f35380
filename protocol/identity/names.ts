// Who a certificate speaks for: a URI in its alternative names, `brine://<domain>/minion/<id>`. The
// domain is made with the authority and stays when the authority's key is changed.

import type { X509Certificate } from 'node:crypto';
import { parseHostId, type HostId } from '../../states/ids.ts';

export const authorityUri = (domain: string): string => `brine://${domain}/ca`;
export const masterUri = (domain: string): string => `brine://${domain}/master`;
export const minionUri = (domain: string, id: HostId): string => `brine://${domain}/minion/${id}`;

/** The domain of an authority's own certificate; undefined where it is none of ours. */
export const domainOf = (certificate: X509Certificate): string | undefined =>
  /^URI:brine:\/\/([0-9a-f]{16})\/ca$/.exec(certificate.subjectAltName ?? '')?.[1];

/** The minion that a certificate of this domain speaks for; it must name nothing else. */
export function minionOf(certificate: X509Certificate, domain: string): HostId | undefined {
  const names = certificate.subjectAltName ?? '';
  const prefix = `URI:${minionUri(domain, '' as HostId)}`;
  return names.startsWith(prefix) ? parseHostId(names.slice(prefix.length)) : undefined;
}
