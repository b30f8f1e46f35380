// A small real service in several tempers, built from scratch around a static busybox and pushed. It
// answers `/` with its version and `/up` with 200, and goes at once when it is told to.

import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { find, isStatic } from './needs.ts';
import type { SomeHost } from './one.ts';

/**
 * `good`, or what is wrong with it: `exits` at its start, turns `unhealthy` after three seconds,
 * is `never-healthy`, `stubborn` when it is to stop, answers only after a `slow` start of two seconds.
 */
export type Behaviour = 'good' | 'exits' | 'unhealthy' | 'never-healthy' | 'stubborn' | 'slow';

interface Wanted {
  /** `address:port`, without a scheme. */
  readonly registry: string;
  readonly repository: string;
  /** The tag, and what the service answers at `/`. */
  readonly version: string;
  readonly behaviour: Behaviour;
}

export interface Built {
  readonly tag: string;
  readonly digest: string;
  /** `registry/repository@sha256:…`. */
  readonly reference: string;
  /** `registry/repository`. */
  readonly repository: string;
}

const portInside = 8080;

/** Builds the service on a host's Engine and pushes it to the registry. */
export async function buildService(
  host: Pick<SomeHost, 'dir' | 'docker'>,
  wanted: Wanted,
): Promise<Built> {
  // Goes with the host, should this process not come to the end.
  const dir = await mkdtemp(join(host.dir, 'image-'));
  try {
    await writeContext(dir, wanted);
    const repository = `${wanted.registry}/${wanted.repository}`;
    const name = `${repository}:${wanted.version}`;
    await host.docker('build', '--quiet', '--tag', name, dir);
    await host.docker('push', '--quiet', name);
    const format = '{{range .RepoDigests}}{{println .}}{{end}}';
    const references = (await host.docker('inspect', '--format', format, name)).split('\n');
    const reference = references.find((each) => each.startsWith(`${repository}@`));
    if (reference === undefined) throw new Error(`${name} has no digest after the push`);
    const digest = reference.slice(repository.length + 1);
    return { tag: wanted.version, digest, reference, repository };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** The directory that `docker build` makes the image of. */
export async function writeContext(
  dir: string,
  wanted: Pick<Wanted, 'version' | 'behaviour'>,
): Promise<void> {
  await mkdir(join(dir, 'root/bin'), { recursive: true });
  const program = find('busybox');
  const own = program !== undefined && isStatic(program);
  if (own) {
    await copyFile(program, join(dir, 'root/bin/busybox'));
    await symlink('busybox', join(dir, 'root/bin/sh'));
  }
  await writeFile(join(dir, 'root/answer'), answer, { mode: 0o755 });
  await writeFile(join(dir, 'root/run'), runs[wanted.behaviour], { mode: 0o755 });
  await writeFile(join(dir, 'Dockerfile'), dockerfile(wanted.version, own));
}

/** Where this machine has no static busybox, the official image brings it. */
const dockerfile = (
  version: string,
  own: boolean,
): string => `FROM ${own ? 'scratch' : 'busybox:musl'}
COPY root /
ENV VERSION="${version}"
EXPOSE ${portInside}
HEALTHCHECK --interval=1s --timeout=2s --retries=2 \\
  CMD ["/bin/busybox", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:${portInside}/up"]
CMD ["/run"]
`;

/** Answers one request that comes on standard input; ill from ILL_AFTER seconds after the start. */
const answer = `#!/bin/sh
read -r _ path _
while read -r line && [ \${#line} -gt 1 ]; do :; done
read -r up _ </proc/uptime
status='200 OK'
case $path in
/up) body=up
  if [ -n "$ILL_AFTER" ] && [ $((\${up%.*} - STARTED)) -ge "$ILL_AFTER" ]; then
    status='500 Internal Server Error' body='the database does not answer'
    echo "GET /up: 500, $body" >&2
  fi ;;
*) body=$VERSION ;;
esac
printf 'HTTP/1.1 %s\\r\\nContent-Length: %s\\r\\nConnection: close\\r\\n\\r\\n%s\\n' \\
  "$status" $((\${#body} + 1)) "$body"
`;

const serving = (before: string, onTerm = 'exit 0'): string => `#!/bin/sh
trap '${onTerm}' TERM
read -r up _ </proc/uptime
export STARTED=\${up%.*}
${before}
busybox nc -ll -p ${portInside} -e /answer &
echo "version $VERSION listens on ${portInside}"
while :; do wait; done
`;

const runs: Readonly<Record<Behaviour, string>> = {
  good: serving(''),
  slow: serving('busybox sleep 2'),
  stubborn: serving('', 'echo "not now"'),
  unhealthy: serving('export ILL_AFTER=3'),
  'never-healthy': serving('export ILL_AFTER=0'),
  exits: `#!/bin/sh
echo "version $VERSION starts"
echo 'cannot open the database' >&2
exit 1
`,
};
