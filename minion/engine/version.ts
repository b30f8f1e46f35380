// Which version of the Docker API is spoken: the newest that both sides know.

import { fault } from '../../states/faults.ts';

/** What Docker 20.10 speaks; everything we ask for is there since then. */
const oldest = '1.41';
/** The newest whose changes we have read; a newer Engine speaks this one too. */
const newest = '1.51';

/** `offered` is the newest that the Engine knows; DOCKER_VERSION where that is not enough. */
export function chooseVersion(offered: string): string {
  if (!/^1\.\d{1,4}$/.test(offered)) {
    throw fault('DOCKER_VERSION', `the Docker Engine names no version of its API that we know`);
  }
  if (minor(offered) < minor(oldest)) {
    throw fault(
      'DOCKER_VERSION',
      `the Docker Engine speaks API ${offered} at most; ${oldest} is needed (Docker 20.10)`,
    );
  }
  return minor(offered) < minor(newest) ? offered : newest;
}

const minor = (version: string): number => Number(version.slice(2));
