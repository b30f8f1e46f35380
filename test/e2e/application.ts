// An application as a small company has it: its code in a bare repository, and a hook that builds and
// pushes an image for every push, as CI does. It answers with its version and lists orders, and brings
// tests that write a JUnit file.

import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../fleet/fleet.ts';
import { find } from '../fleet/needs.ts';
import { run, type Ran } from './product.ts';

export interface Code {
  readonly version: string;
  readonly subject: string;
  /** With that many orders and more it cannot list them: a mistake that little data does not show. */
  readonly ordersMax?: number;
}

interface Built {
  readonly commit: string;
  /** What the build printed. */
  readonly said: string;
}

export class Application {
  readonly #dir: string;
  readonly #builder: Host;
  readonly #repository: string;

  private constructor(dir: string, builder: Host, repository: string) {
    this.#dir = dir;
    this.#builder = builder;
    this.#repository = repository;
  }

  /** `repository`: where its images go, `registry/name`. Built on the Engine of `builder`. */
  static async create(dir: string, builder: Host, repository: string): Promise<Application> {
    const application = new Application(dir, builder, repository);
    await mkdir(dir, { recursive: true });
    await must('git', ['init', '--quiet', '--bare', '--initial-branch=main', application.#bare]);
    await must('git', ['clone', '--quiet', application.#bare, application.#code]);
    await writeFile(join(application.#bare, 'hooks/post-receive'), application.#build(), {
      mode: 0o755,
    });
    return application;
  }

  /** Commits the code and pushes it; all else is nobody's doing. */
  async push(code: Code): Promise<Built> {
    await this.#write(code);
    const git = (...args: string[]) => must('git', [...bob, '-C', this.#code, ...args]);
    await git('add', '--all');
    await git('commit', '--quiet', '-m', code.subject);
    const pushed = await git('push', '--quiet', 'origin', 'HEAD:main');
    return { commit: (await git('rev-parse', 'HEAD')).out.trim(), said: pushed.err };
  }

  get #bare(): string {
    return join(this.#dir, 'api.git');
  }

  get #code(): string {
    return join(this.#dir, 'api');
  }

  async #write({ version, ordersMax }: Code): Promise<void> {
    const root = join(this.#code, 'root');
    const busybox = find('busybox');
    if (busybox === undefined) throw new Error('there is no busybox');
    await mkdir(join(root, 'bin'), { recursive: true });
    await copyFile(busybox, join(root, 'bin/busybox'));
    await symlink('busybox', join(root, 'bin/sh')).catch(() => undefined);
    const files = {
      VERSION: `${version}\n`,
      Dockerfile: dockerfile,
      'root/run': service,
      'root/answer': answer(ordersMax),
      'root/test': tests,
    };
    for (const [path, text] of Object.entries(files)) {
      await writeFile(join(this.#code, path), text, { mode: 0o755 });
    }
  }

  /** What a build server does, in the words of its shell. */
  #build(): string {
    return `#!/bin/sh -e
export DOCKER_HOST=${this.#builder.dockerHost} DOCKER_BUILDKIT=0
while read -r _ new _; do
  work=$(mktemp -d ${this.#builder.dir}/build-XXXXXX)
  git archive "$new" | tar -x -C "$work"
  version=$(cat "$work/VERSION")
  image=${this.#repository}:$version
  docker build --quiet --tag "$image" --build-arg VERSION="$version" \\
    --label org.opencontainers.image.revision="$new" \\
    --label brine.subject="$(git log -1 --format=%s "$new")" "$work"
  docker push --quiet "$image"
  rm -r "$work"
done
`;
  }
}

const bob = ['-c', 'user.name=Bob', '-c', 'user.email=bob@example.com'];

async function must(program: string, args: readonly string[]): Promise<Ran> {
  const ran = await run(program, args);
  if (ran.code !== 0) throw new Error(`${program} ${args.join(' ')}: ${ran.out}${ran.err}`);
  return ran;
}

const dockerfile = `FROM scratch
COPY root /
ARG VERSION
ENV VERSION=$VERSION
EXPOSE 8080
CMD ["/run"]
`;

const service = `#!/bin/sh
trap 'exit 0' TERM
busybox nc -ll -p 8080 -e /answer &
echo "version $VERSION listens on 8080"
while :; do wait; done
`;

/** Answers one request that comes on standard input. */
const answer = (ordersMax = 1_000_000): string => `#!/bin/sh
read -r _ path _
while read -r line && [ \${#line} -gt 1 ]; do :; done
status='200 OK'
case $path in
/up) body=up ;;
/orders)
  body="$ORDERS orders"
  if [ "$ORDERS" -ge ${ordersMax} ]; then status='500 Internal Server Error' body='out of memory'; fi ;;
*) body=$VERSION ;;
esac
printf 'HTTP/1.1 %s\\r\\nContent-Length: %s\\r\\nConnection: close\\r\\n\\r\\n%s\\n' \\
  "$status" $((\${#body} + 1)) "$body"
`;

/** Against the service that runs at BASE_URL. */
const tests = `#!/bin/sh
failures=0 cases=''
check() { # name, path, what the answer is to hold
  answer=$(busybox wget -q -O - "$BASE_URL$2" 2>&1)
  case $answer in
  *"$3"*) echo "ok: $1"; cases="$cases<testcase classname=\\"api\\" name=\\"$1\\"/>" ;;
  *)
    echo "FAILED: $1: GET $2 said: $answer"
    failures=$((failures + 1))
    cases="$cases<testcase classname=\\"api\\" name=\\"$1\\"><failure message=\\"$answer\\"/></testcase>" ;;
  esac
}
check 'is up' /up up
check 'tells its version' / "$VERSION"
check 'lists all orders' /orders orders
echo "<testsuite name=\\"api\\">$cases</testsuite>" >/report.xml
exit $((failures > 0))
`;
