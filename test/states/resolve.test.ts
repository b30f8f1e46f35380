// Long because what is resolved, and what is refused, is shown whole.

import { describe, expect, it } from 'vitest';
import { renderDiagnostics } from '../../states/diagnostics.ts';
import { hostState } from '../../protocol/state-schema.ts';
import { releaseId } from '../../states/release.ts';
import { wantedVersions, insecureRegistries } from '../../states/wanted.ts';
import { describeEnvironments } from '../../states/environment-of.ts';
import { api, digestOf, good, hostOf, resolve, resolved, statesOf, type Texts } from './sample.ts';

/** The one container of the one host. */
function container(changes: Texts) {
  const [container] = resolved(statesOf(changes)).hosts[0]?.state.containers ?? [];
  if (container === undefined) throw new Error('nothing runs');
  return container;
}

function refusal(changes: Texts, request: Parameters<typeof resolve>[1] = {}): string {
  const answer = resolve(statesOf(changes), request);
  return answer.ok ? 'accepted' : renderDiagnostics(answer.diagnostics, new Map());
}

describe('a resolved environment', () => {
  it('says all of one host', () => {
    const environment = resolved(statesOf(), { commit: 'c0ffee' });
    const image = {
      name: 'api',
      repository: 'registry.example.com/api',
      tag: '1.42.0',
      digest: digestOf('a'),
    };
    expect(environment).toEqual({
      project: 'starfall',
      environment: 'beta',
      release: releaseId([image]),
      commit: 'c0ffee',
      images: [image],
      policy: {
        batch: { hosts: 1 },
        canary: 0,
        progressMs: 600_000,
        maxFailures: 0,
        onFailure: 'rollback',
      },
      hosts: [
        {
          host: hostOf('web-1'),
          state: {
            project: 'starfall',
            environment: 'beta',
            release: releaseId([image]),
            commit: 'c0ffee',
            network: 'starfall-beta',
            containers: [
              {
                service: 'api',
                slot: 1,
                image,
                env: { NODE_ENV: 'production' },
                ports: [{ address: '0.0.0.0', host: 18080, container: 8080, protocol: 'tcp' }],
                mounts: [],
                restart: { policy: 'unless-stopped' },
                limits: {},
                healthcheck: {
                  kind: 'http',
                  path: '/up',
                  port: 8080,
                  intervalMs: 5_000,
                  timeoutMs: 5_000,
                  startMs: 60_000,
                  retries: 3,
                },
                stop: { signal: 'SIGTERM', timeoutMs: 30_000 },
                labels: {},
                minHealthyMs: 10_000,
                needs: [],
                retain: 3,
                at: { file: 'services/api.yaml', line: 1, column: 1 },
              },
            ],
          },
        },
      ],
    });
  });

  it('is what the wire carries', () => {
    for (const { state } of resolved(statesOf(api(everything))).hosts) {
      expect(hostState.parse(state)).toEqual(state);
    }
  });

  it('has every option of a container in its own units', () => {
    expect(container(api(everything))).toMatchObject({
      command: ['npm', 'run', '5'],
      entrypoint: ['/bin/sh', '-c'],
      env: { A: '1', B: 'true', C: '0.5', D: '', E: '${x}' },
      ports: [
        { address: '127.0.0.1', host: 8080, container: 80, protocol: 'tcp' },
        { address: '0.0.0.0', host: 53, container: 53, protocol: 'udp' },
      ],
      mounts: [
        { type: 'volume', source: 'starfall-beta-cache', target: '/cache', readOnly: false },
        { type: 'bind', source: '/srv/x', target: '/x', readOnly: true },
      ],
      restart: { policy: 'on-failure', maxRetries: 5 },
      limits: { memoryBytes: 512 * 1024 ** 2, cpus: 0.5 },
      healthcheck: {
        kind: 'exec',
        command: ['ls', '/'],
        intervalMs: 1_000,
        timeoutMs: 500,
        startMs: 90_000,
        retries: 5,
      },
      stop: { signal: 'SIGQUIT', timeoutMs: 60_000 },
      user: '1000:1000',
      labels: { team: 'core', 'x-of': '7' },
      minHealthyMs: 2_000,
      retain: 0,
    });
  });

  it.each([
    ['{ tcp: 5432 }', { kind: 'tcp', port: 5432 }],
    ['{ tcp: true }', { kind: 'tcp', port: 80 }],
    ['{ http: /up }', { kind: 'http', path: '/up', port: 80 }],
    ['{ http: /up, port: 81 }', { kind: 'http', path: '/up', port: 81 }],
    ['{ image: true, retries: 1 }', { kind: 'image', retries: 1 }],
    ['{ none: true }', { kind: 'none' }],
    ['{ interval: 1s }', { kind: 'image', intervalMs: 1_000 }],
  ])('has the healthcheck %s', (text, expected) => {
    const ports = '["9:9/udp", "8080:80"]';
    const service = `image: api\nports: ${ports}\nhealthcheck: ${text}\n`;
    expect(container(api(service)).healthcheck).toMatchObject(expected);
  });

  it('has the hosts that it selects in order of id, and services where both select', () => {
    const inventory = [
      hostOf('web-2'),
      hostOf('db-1', { ring: 'beta', role: 'db' }),
      hostOf('web-1'),
      hostOf('web-3', { ring: 'prod', role: 'app' }),
    ];
    const { hosts } = resolved(statesOf(), { inventory });
    const running = hosts.map(({ host, state }) => [host.id, state.containers.length]);
    expect(running).toEqual([
      ['db-1', 0],
      ['web-1', 1],
      ['web-2', 1],
    ]);
  });

  it('lays overrides over services', () => {
    const changes = {
      'environments/beta.yaml': `hosts: ring=beta
vars: { api_port: 80 }
services: { api: { env: { LOG: debug, NODE_ENV: null }, healthcheck: { http: null, none: true } } }
`,
    };
    const { env, healthcheck } = container(changes);
    expect(env).toEqual({ LOG: 'debug' });
    expect(healthcheck.kind).toBe('none');
  });

  it('takes digests from the versions, and from the registry what those leave out', () => {
    const versions = `images:
  game: { tag: "7", commit: 3e1f0ab }
  api: { tag: "1.42.0", digest: "${digestOf('c')}" }
`;
    const { images } = resolved(statesOf({ 'versions/beta.yaml': versions }));
    expect(images).toMatchObject([
      { name: 'api', digest: digestOf('c') },
      { name: 'game', digest: digestOf('b'), commit: '3e1f0ab' },
    ]);
  });

  it('with the same digests is the same release, whatever their tags', () => {
    const ids = ['"1.0"', '"2.0"'].map(
      (tag) =>
        resolved(statesOf({ 'versions/beta.yaml': `images: { api: { tag: ${tag} } }` })).release,
    );
    expect(new Set(ids).size).toBe(1);
    const other = resolved(statesOf(), { digests: new Map([['api', digestOf('d')]]) }).release;
    expect(other).not.toBe(ids[0]);
  });
});

const everything = `image: api
targets: role in (app,game)
command: [npm, run, 5]
entrypoint: [/bin/sh, -c]
env: { A: 1, B: true, C: 0.5, D: "", E: "$\${x}" }
ports: ["127.0.0.1:8080:80", "53:53/udp"]
volumes: ["cache:/cache", "/srv/x:/x/:ro"]
restart: on-failure:5
limits: { memory: 512m, cpus: 0.5 }
healthcheck: { exec: [ls, /], interval: 1s, timeout: 500ms, start: 1m30s, retries: 5 }
stop: { signal: SIGQUIT, timeout: 1m }
user: 1000:1000
labels: { team: core, x-of: 7 }
retain: 0
rollout: { min_healthy: 2s }
`;

describe('references', () => {
  const service = `image: api
ports: ["\${vars.port}:\${vars.inner}"]
healthcheck: { http: /up, port: "\${vars.inner}" }
limits: { cpus: "\${vars.cpus}" }
retain: "\${host.labels.keep}"
env:
  WHERE: "\${host.id} at \${host.address} in \${env.name}"
  ZONE: "\${host.labels.zone} \${host.facts.cpus}"
  OWN: "http://\${host.address}:\${service.api.port}/"
  WHAT: "\${image.api} \${release}"
  ALONE: "\${vars.cpus}"
`;
  const environment = 'hosts: ring=beta\nvars: { port: 8080, inner: 80, cpus: 0.5 }\n';
  const changes = { 'services/api.yaml': service, 'environments/beta.yaml': environment };
  const host = (id: string) =>
    hostOf(
      id,
      { ring: 'beta', zone: `zone-${id}`, keep: '7' },
      { address: `10.0.0.${id.at(-1)}`, cpus: 4 },
    );

  it('become what they name, of the type that is wanted', () => {
    const environment = resolved(statesOf(changes), { inventory: [host('h-1'), host('h-2')] });
    const [one, two] = environment.hosts.map(({ state }) => state.containers[0]);
    expect(one).toMatchObject({
      ports: [{ host: 8080, container: 80 }],
      healthcheck: { port: 80 },
      limits: { cpus: 0.5 },
      retain: 7,
      env: {
        WHERE: 'h-1 at 10.0.0.1 in beta',
        ZONE: 'zone-h-1 4',
        OWN: 'http://10.0.0.1:8080/',
        WHAT: `registry.example.com/api@${digestOf('a')} ${environment.release}`,
        ALONE: '0.5',
      },
    });
    expect(two?.env).toMatchObject({ OWN: 'http://10.0.0.2:8080/' });
  });

  it('to what a host has not are told with the host', () => {
    expect(refusal(changes, { inventory: [hostOf('h-1', { ring: 'beta', zone: 'a' }, {})] }))
      .toMatchInlineSnapshot(`
        "services/api.yaml:5:10: host h-1 has no label \`keep\`
            = give it one with \`master hosts label h-1 keep=…\`

        services/api.yaml:7:25: host h-1 has not told its address
            = its minion tells it once it is linked

        services/api.yaml:8:30: host h-1 has not told its cpus
            = its minion tells it once it is linked

        services/api.yaml:9:16: host h-1 has not told its address
            = its minion tells it once it is linked"
      `);
  });

  it('to an image that has no version here are told', () => {
    const wanted = { ...api('image: api\nenv: { A: "${image.game}" }\n') };
    expect(refusal(wanted)).toMatchInlineSnapshot(`
      "services/api.yaml:1:1: service api refers to an image that has no version here
          = add it to versions/beta.yaml"
    `);
  });

  it('that make what is not right are told', () => {
    const wanted = api('image: api\nretain: "${host.labels.role}"\nports: ["${host.id}:80"]\n');
    expect(refusal(wanted)).toMatchInlineSnapshot(`
      "services/api.yaml:2:9: \`retain\` takes a whole number, not the text "app"

      services/api.yaml:3:9: "web-1:80" has no port number in "web-1"
          = write host:container, like 8080:80, 127.0.0.1:8080:80 or 53:53/udp"
    `);
  });
});

describe('an environment that cannot be resolved', () => {
  it('has no versions yet', () => {
    const prod = {
      'brine.yaml': `${good['brine.yaml']}pipeline: { beta: {}, prod: { after: beta } }\n`,
      'environments/prod.yaml': 'hosts: ring=prod\nvars: { api_port: 80 }\n',
    };
    expect(refusal(prod, { environment: 'prod' })).toMatchInlineSnapshot(`
      "environments/prod.yaml:1:1: prod has no versions
          = a release comes here by promotion, or write versions/prod.yaml"
    `);
  });

  it('has no versions yet as the first stage either: releases come by themselves', () => {
    const changes = {
      'brine.yaml': `${good['brine.yaml']}pipeline: { beta: {} }\n`,
      'versions/beta.yaml': null,
    };
    expect(refusal(changes)).toMatchInlineSnapshot(`
      "environments/beta.yaml:1:1: beta has no versions
          = a release comes here by promotion, or write versions/beta.yaml"
    `);
  });

  it('has a service without a version, which does not keep others from being resolved', () => {
    const changes = {
      'environments/dev.yaml': 'hosts: ring=dev\nvars: { api_port: 80 }\n',
    };
    expect(refusal(changes, { environment: 'dev' })).toMatchInlineSnapshot(`
      "environments/dev.yaml:1:1: dev has no versions
          = write versions/dev.yaml with a tag for each image: api"
    `);
    expect(refusal(changes)).toBe('accepted');
  });

  it('has a service without a version in a later stage where a host runs it', () => {
    const prod = {
      'brine.yaml': `${good['brine.yaml']}pipeline: { beta: {}, prod: { after: beta } }\n`,
      'environments/prod.yaml': 'hosts: ring=prod\nvars: { api_port: 80 }\n',
      'versions/prod.yaml': 'images: {}\n',
    };
    const on = (role: string) => [hostOf('web-1', { ring: 'prod', role })];
    expect(refusal(prod, { environment: 'prod', inventory: on('app') })).toMatchInlineSnapshot(`
      "services/api.yaml:1:8: service api has no version in prod
          = add \`api: { tag: "…" }\` to \`images\` in versions/prod.yaml, or leave the service out there: \`services: { api: null }\`"
    `);
    expect(refusal(prod, { environment: 'prod', inventory: on('db') })).toBe('accepted');
  });

  it('has a version whose digest nobody knows', () => {
    expect(refusal({}, { digests: new Map() })).toMatchInlineSnapshot(
      `"versions/beta.yaml:2:3: no digest is known of registry.example.com/api:1.42.0"`,
    );
  });

  it('has more containers on a host than one message can tell', () => {
    const many = Object.fromEntries(
      Array.from({ length: 501 }, (_, index) => [`services/s${index}.yaml`, 'image: api\n']),
    );
    expect(refusal(many)).toMatchInlineSnapshot(`
      "environments/beta.yaml:1:1: host web-1 would run 502 containers
          = at most 500 of one environment"
    `);
  });

  it('does not exist', () => {
    expect(() => resolve(statesOf(), { environment: 'bta' })).toThrow(
      'no environment is named bta; did you mean beta?',
    );
    expect(() => wantedVersions(statesOf(), 'production')).toThrow(
      'no environment is named production; there is only beta',
    );
  });
});

describe('warnings', () => {
  const warnings = (changes: Texts) => {
    const answer = resolve(statesOf(changes));
    return answer.ok ? answer.warnings : [];
  };

  it('tell a release that is not what the images make', () => {
    const versions = 'release: 7f3a9c2d\nimages: { api: { tag: "1" } }\n';
    expect(warnings({ 'versions/beta.yaml': versions })).toMatchInlineSnapshot(`
      [
        "versions/beta.yaml:1: the images make release d6f49be8, not 7f3a9c2d as it says there",
      ]
    `);
  });

  it('tell needs that the host does not run', () => {
    expect(
      warnings({
        ...api('image: api\nneeds: [game]\n'),
        'services/game.yaml': 'image: game\ntargets: role=game\n',
        'versions/beta.yaml': 'images: { api: { tag: "1" }, game: { tag: "1" } }\n',
      }),
    ).toMatchInlineSnapshot(`
      [
        "api needs game, which does not run on web-1: it is not waited for there",
      ]
    `);
  });
});

describe('what the master asks first', () => {
  it('is which versions are wanted, and which digests are missing', () => {
    const versions = `images: { game: { tag: "7", digest: "${digestOf('c')}" }, api: { tag: "1" } }\n`;
    expect(wantedVersions(statesOf({ 'versions/beta.yaml': versions }), 'beta')).toEqual([
      {
        name: 'api',
        repository: 'registry.example.com/api',
        tag: '1',
        at: { file: 'versions/beta.yaml', line: 1, column: 114 },
      },
      {
        name: 'game',
        repository: 'registry.example.com/game',
        tag: '7',
        digest: digestOf('c'),
        at: { file: 'versions/beta.yaml', line: 1, column: 11 },
      },
    ]);
  });

  it('is which registries are insecure', () => {
    const registries =
      'registries: { "a:5000": { insecure: true }, b: { insecure: false }, c: {} }\n';
    const states = statesOf({ 'brine.yaml': good['brine.yaml'] + registries });
    expect(insecureRegistries(states)).toEqual(['a:5000']);
  });

  it('is which environments there are, in the order of the pipeline', () => {
    const others = Object.fromEntries(
      ['alpha', 'prod', 'gamma'].map((name) => [
        `environments/${name}.yaml`,
        `hosts: ring=${name}\nvars: { api_port: 80 }\n`,
      ]),
    );
    const pipeline = 'pipeline: { prod: { after: gamma }, gamma: { after: beta }, beta: {} }\n';
    const states = statesOf({ ...others, 'brine.yaml': good['brine.yaml'] + pipeline });
    expect(describeEnvironments(states)).toEqual(['beta', 'gamma', 'prod', 'alpha']);
  });
});
