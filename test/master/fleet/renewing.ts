// A minion that links with what the daemon wires to its link, so that its certificate renews itself.

import { readMinion, type Identity } from '../../../minion/identity.ts';
import { Renewal } from '../../../minion/renewal.ts';
import { until, type FleetFixture, type TestLink } from './fixture.ts';

export interface RenewingMinion {
  readonly dir: string;
  /** As it was at the start. */
  readonly identity: Identity;
  readonly minion: TestLink;
  readonly renewal: Renewal;
}

export async function renewing(
  master: FleetFixture,
  dir: string,
  world: Pick<FleetFixture['world'], 'now' | 'random'> = master.world,
): Promise<RenewingMinion> {
  const { identity } = await readMinion(dir);
  const minion = master.link(identity);
  const renewal = new Renewal(identity, {
    ...{ dir, log: master.log, world },
    ask: (csr, trust) => minion.link.renew(csr, trust),
    onRenewed: (renewed) => {
      minion.link.use(renewed);
    },
  });
  minion.onCertificate = (certificate) => renewal.answered(certificate);
  minion.onTrust = (trust) => void renewal.trust(trust);
  await until('it links', () => minion.link.linked);
  return { dir, identity, minion, renewal };
}
