import { describe, expect, it } from 'vitest';
import { renderDiagnostics } from '../../states/diagnostics.ts';
import { parseHostId, type ReleaseId } from '../../states/ids.ts';
import { loadStates } from '../../states/load.ts';
import type { InventoryHost, PinnedImage } from '../../states/model.ts';
import type { States } from '../../states/states.ts';
import { resolveTest, testOutline, type TestScene } from '../../states/tests.ts';
import { filesOf, good, said } from './sample.ts';

const tests = (text: string) => ({
  'brine.yaml': `${good['brine.yaml']}tests:\n${text}\npipeline: { beta: { verify: [a] } }\n`,
});

function statesOf(text: string): States {
  const files = filesOf({ ...good, ...tests(text) });
  const loaded = loadStates(files);
  if (!loaded.ok) throw new Error(renderDiagnostics(loaded.diagnostics, files));
  return loaded.states;
}

const digest = `sha256:${'c'.repeat(64)}`;
const api: PinnedImage = {
  ...{ name: 'api', repository: 'registry.example.com/api', tag: '1.42.0', digest },
};
const web1: InventoryHost = {
  id: parseHostId('web-1') ?? ('' as never),
  labels: { role: 'app', ring: 'beta' },
  facts: { address: '10.0.0.7' },
};
const scene: TestScene = {
  ...{ environment: 'beta', images: [api], release: '0123abcd' as ReleaseId, host: web1 },
};

const resolved = (text: string, more: Partial<TestScene> = {}) =>
  resolveTest(statesOf(text), 'a', { ...scene, ...more });

const problems = (text: string, more: Partial<TestScene> = {}): string => {
  const found = resolved(text, more);
  if (found.ok) throw new Error('it is right');
  return found.diagnostics
    .map(({ line, column, message }) => `${line}:${column} ${message}`)
    .join();
};

describe('a test, resolved for a host', () => {
  it('that asks knows the address, ports, variables, and what it expects', () => {
    const text = `  a:
    http: "http://\${host.address}:\${service.api.port}/up?env=\${env.name}"
    interval: 500ms
    expect:
      status: 201
      headers: { Content-Type: /json/i, X-Release: "\${release}" }
      body: "port \${vars.api_port}"
      json: { status: ok, "db.pools[0].size": 5, up: true, at: "/^2/" }`;
    expect(resolved(text)).toEqual({
      ok: true,
      request: {
        ...{ kind: 'http', url: 'http://10.0.0.7:18080/up?env=beta', intervalMs: 500 },
        expect: {
          status: 201,
          headers: {
            'content-type': { pattern: 'json', flags: 'i' },
            'x-release': { contains: '0123abcd' },
          },
          body: { contains: 'port 18080' },
          json: {
            status: { equals: 'ok' },
            'db.pools[0].size': { equals: 5 },
            up: { equals: true },
            at: { pattern: '^2', flags: '' },
          },
        },
      },
    });
  });

  it('with nothing said expects 200, and asks every second', () => {
    const found = resolved('  a: { http: "http://${host.id}/" }');
    expect(found).toMatchObject({
      request: { url: 'http://web-1/', intervalMs: 1_000, expect: { status: 200, json: {} } },
    });
  });

  it('that runs an image runs it by digest, publishes and keeps nothing', () => {
    const text = `  a:
    container: "\${image.api}"
    command: [npm, run, "test:\${env.name}"]
    env: { BASE_URL: "http://\${host.address}:\${service.api.port}", IMAGE: "\${image.api}" }
    user: node
    limits: { memory: 64m }
    junit: /out/\${env.name}.xml`;
    expect(resolved(text)).toMatchObject({
      ok: true,
      request: {
        ...{ kind: 'container', junit: '/out/beta.xml' },
        spec: {
          ...{ service: 'a', image: api, command: ['npm', 'run', 'test:beta'], user: 'node' },
          env: {
            BASE_URL: 'http://10.0.0.7:18080',
            IMAGE: `registry.example.com/api@${digest}`,
          },
          ...{ ports: [], mounts: [], restart: { policy: 'no' }, retain: 0, minHealthyMs: 0 },
          ...{ limits: { memoryBytes: 67_108_864 }, healthcheck: { kind: 'none' } },
          at: { file: 'brine.yaml', line: 6, column: 3 },
        },
      },
    });
  });

  it('that runs a command names the service that it runs in', () => {
    expect(resolved('  a: { exec: [./check, "${vars.api_port}"], service: api }')).toEqual({
      ok: true,
      request: { kind: 'exec', service: 'api', command: ['./check', '18080'] },
    });
  });

  it('says where it refers to what this host or release has not', () => {
    expect(problems('  a: { http: "http://${host.labels.zone}/" }')).toBe(
      '6:22 host web-1 has no label `zone`',
    );
    const unknown = { host: { ...web1, facts: {} } };
    expect(problems('  a: { http: "http://${host.address}/" }', unknown)).toBe(
      '6:22 host web-1 has not told its address',
    );
    expect(problems('  a: { container: "${image.api}" }', { images: [] })).toBe(
      '6:3 image api has no version here',
    );
    const env = '  a: { container: "${image.api}", env: { G: "${image.game}" } }';
    expect(problems(env)).toBe('6:3 it refers to an image that has no version here');
    expect(problems('  a: { http: "${host.labels.role}://x" }')).toBe(
      '6:14 "app://x" is not a URL',
    );
  });

  it('is one that there is', () => {
    expect(() => resolveTest(statesOf('  a: { http: "http://x" }'), 'b', scene)).toThrow(
      'no test is named b',
    );
  });
});

describe('before a host is chosen', () => {
  it('it is known where it can be run, how often and for how long', () => {
    const text = '  a: { http: "http://x:${service.api.port}", on: each-host, timeout: 2m }';
    expect(testOutline(statesOf(text), 'a')).toEqual({
      ...{ kind: 'http', on: 'each-host', timeoutMs: 120_000, services: ['api'] },
    });
    const exec = '  a: { exec: [x], service: api, targets: role=app }';
    expect(testOutline(statesOf(exec), 'a')).toMatchObject({
      ...{ kind: 'exec', on: 'one-host', timeoutMs: 30_000, services: ['api'] },
    });
  });
});

describe('a test that is wrong', () => {
  it('is told with its place, all of it at once', () => {
    const text = `  a: { exec: [x] }
  b: { exec: [x], service: ap }
  c: { http: "http://x", junit: /r.xml, service: api, timeout: 25h }
  d: { http: "http://x", expect: { json: { "a..b": 1 }, body: "/(/", headers: { "a b": c } } }
  e: { container: "\${image.api}", junit: r.xml, interval: 1s, exec: [x] }
  f: { http: "http://x", retries: 3, expect: { header: {} } }`;
    expect(said(tests(text))).toMatchInlineSnapshot(`
      "brine.yaml:6:14: \`exec\` runs in the container of a service, and none is named
       6 |   a: { exec: [x] }
         |              ^^^
          = add \`service\`

      brine.yaml:8:64: "25h" is too long
       8 |   c: { http: "http://x", junit: /r.xml, service: api, timeout: 25h }
         |                                                                ^^^
          = at most 1d

      brine.yaml:9:44: "a..b" is not a path into JSON
       9 |   d: { http: "http://x", expect: { json: { "a..b": 1 }, body: "/(/", headers: { "a b": c } } }
         |                                            ^^^^^^
          = write it like \`status\`, or \`db.pools[0].size\`

      brine.yaml:9:63: "/(/" is not a regular expression: Unterminated group
       9 |   d: { http: "http://x", expect: { json: { "a..b": 1 }, body: "/(/", headers: { "a b": c } } }
         |                                                               ^^^^^

      brine.yaml:9:81: "a b" is not the name of a header
       9 |   d: { http: "http://x", expect: { json: { "a..b": 1 }, body: "/(/", headers: { "a b": c } } }
         |                                                                                 ^^^^^

      brine.yaml:10:42: "r.xml" is not a path in the container
       10 |   e: { container: "\${image.api}", junit: r.xml, interval: 1s, exec: [x] }
          |                                          ^^^^^
           = begin it with /

      brine.yaml:11:26: unknown key \`retries\` in a test
       11 |   f: { http: "http://x", retries: 3, expect: { header: {} } }
          |                          ^^^^^^^
           = it is asked again until its \`timeout\`; see \`interval\`

      brine.yaml:11:48: unknown key \`header\` in \`expect\`
       11 |   f: { http: "http://x", retries: 3, expect: { header: {} } }
          |                                                ^^^^^^
           = write \`headers: { <name>: … }\`"
    `);
  });

  it('is told where it names a service that the environment has not', () => {
    expect(said(tests('  a: { exec: [x], service: apo }'))).toMatchInlineSnapshot(`
      "brine.yaml:6:28: beta has no service \`apo\`
       6 |   a: { exec: [x], service: apo }
         |                            ^^^
          = did you mean \`api\`?"
    `);
  });
});
