// What the master signs for this host is looked at before it is kept or used.

import type { KeyObject, X509Certificate } from 'node:crypto';
import { readCertificate, readCertificates } from '../protocol/identity/authority.ts';
import { domainOf, minionOf } from '../protocol/identity/names.ts';
import { fault } from '../states/faults.ts';
import type { HostId } from '../states/ids.ts';

/** `ca`: PEM of one or more authorities. Throws JOIN_REFUSED. */
export function acceptedCertificate(
  pem: string,
  { key, ca, id }: { readonly key: KeyObject; readonly ca: string; readonly id: HostId },
): X509Certificate {
  const certificate = readCertificate(pem);
  if (certificate?.checkPrivateKey(key) === true) {
    for (const authority of readCertificates(ca)) {
      const domain = domainOf(authority);
      if (domain === undefined || !certificate.verify(authority.publicKey)) continue;
      if (minionOf(certificate, domain) === id) return certificate;
    }
  }
  throw fault('JOIN_REFUSED', 'the master answered with a certificate that is not for this host');
}
