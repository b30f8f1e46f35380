// Long because every mistake stands beside the whole text that is said about it.

import { describe, expect, it } from 'vitest';
import { api, environment, said } from './sample.ts';

describe('wrong values of a service:', () => {
  it('ports', () => {
    expect(
      said(
        api(
          'image: api\nports: ["80", "8080:80:90:1", 8080, "70000:1", "1:1/icmp", "8000-8010:80"]\n',
        ),
      ),
    ).toMatchInlineSnapshot(`
      "services/api.yaml:2:9: "80" names no port of the host
       2 | ports: ["80", "8080:80:90:1", 8080, "70000:1", "1:1/icmp", "8000-8010:80"]
         |         ^^^^
          = write host:container, like 80:80

      services/api.yaml:2:15: "8080:80:90:1" is not a port
       2 | ports: ["80", "8080:80:90:1", 8080, "70000:1", "1:1/icmp", "8000-8010:80"]
         |               ^^^^^^^^^^^^^^
          = write host:container, like 8080:80, 127.0.0.1:8080:80 or 53:53/udp

      services/api.yaml:2:31: "8080" names no port of the host
       2 | ports: ["80", "8080:80:90:1", 8080, "70000:1", "1:1/icmp", "8000-8010:80"]
         |                               ^^^^
          = write host:container, like 8080:8080

      services/api.yaml:2:37: "70000:1" has a port that there is not, 70000
       2 | ports: ["80", "8080:80:90:1", 8080, "70000:1", "1:1/icmp", "8000-8010:80"]
         |                                     ^^^^^^^^^
          = ports go from 1 to 65535

      services/api.yaml:2:48: "1:1/icmp" has an unknown protocol, "icmp"
       2 | ports: ["80", "8080:80:90:1", 8080, "70000:1", "1:1/icmp", "8000-8010:80"]
         |                                                ^^^^^^^^^^
          = tcp or udp"
    `);
  });

  it('one port twice', () => {
    expect(said(api('image: api\nports: ["53:53/udp", "53:53", "127.0.0.1:53:54/udp"]\n')))
      .toMatchInlineSnapshot(`
      "services/api.yaml:2:31: 53/udp of the host is taken twice
       2 | ports: ["53:53/udp", "53:53", "127.0.0.1:53:54/udp"]
         |                               ^^^^^^^^^^^^^^^^^^^^^
          = 53:53/udp takes it already"
    `);
  });

  it('units', () => {
    expect(
      said(
        api(
          'image: api\nstop: { timeout: 30 }\nhealthcheck: { none: true, interval: 5 s, timeout: 1x, start: -1s }\nlimits: { memory: 5q }\nrollout: { min_healthy: 1m1h }\n',
        ),
      ),
    ).toMatchInlineSnapshot(`
      "services/api.yaml:2:18: "30" has no unit
       2 | stop: { timeout: 30 }
         |                  ^^
          = write a number and its unit, like 500ms, 10s, 1m30s, 2h or 7d

      services/api.yaml:3:38: "5 s" has a space between number and unit
       3 | healthcheck: { none: true, interval: 5 s, timeout: 1x, start: -1s }
         |                                      ^^^
          = write a number and its unit, like 500ms, 10s, 1m30s, 2h or 7d

      services/api.yaml:3:52: "1x" has an unknown unit, "x"
       3 | healthcheck: { none: true, interval: 5 s, timeout: 1x, start: -1s }
         |                                                    ^^
          = write a number and its unit, like 500ms, 10s, 1m30s, 2h or 7d

      services/api.yaml:3:63: "-1s" is negative
       3 | healthcheck: { none: true, interval: 5 s, timeout: 1x, start: -1s }
         |                                                               ^^^
          = write a number and its unit, like 500ms, 10s, 1m30s, 2h or 7d

      services/api.yaml:4:19: "5q" has an unknown unit, "q"
       4 | limits: { memory: 5q }
         |                   ^^
          = write a number and its unit, like 64k, 512m or 1g (powers of 1024)

      services/api.yaml:5:25: "1m1h" is out of order
       5 | rollout: { min_healthy: 1m1h }
         |                         ^^^^
          = the largest unit comes first, like 1m30s"
    `);
  });

  it('volumes', () => {
    expect(said(api('image: api\nvolumes: ["./data:/data", "/data", "a:b", "ok:/x:rx"]\n')))
      .toMatchInlineSnapshot(`
      "services/api.yaml:2:11: "./data:/data" has a path of the host that is not absolute
       2 | volumes: ["./data:/data", "/data", "a:b", "ok:/x:rx"]
         |           ^^^^^^^^^^^^^^
          = write name:/path for a volume or /host/path:/path for a bind, with :ro to read only

      services/api.yaml:2:27: "/data" names no volume
       2 | volumes: ["./data:/data", "/data", "a:b", "ok:/x:rx"]
         |                           ^^^^^^^
          = write a name before it, like data:/data

      services/api.yaml:2:36: "a:b" has a path in the container that is not absolute
       2 | volumes: ["./data:/data", "/data", "a:b", "ok:/x:rx"]
         |                                    ^^^^^
          = write name:/path for a volume or /host/path:/path for a bind, with :ro to read only

      services/api.yaml:2:43: "ok:/x:rx" has an unknown mode, "rx"
       2 | volumes: ["./data:/data", "/data", "a:b", "ok:/x:rx"]
         |                                           ^^^^^^^^^^
          = ro or rw"
    `);
  });

  it('one path covered twice', () => {
    expect(said(api('image: api\nvolumes: ["c:/y", "d:/y/"]\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:2:19: /y is covered twice
       2 | volumes: ["c:/y", "d:/y/"]
         |                   ^^^^^^^"
    `);
  });

  it('a selector', () => {
    expect(said(api('image: api\ntargets: role in app\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:2:10: "role in app" has no list
       2 | targets: role in app
         |          ^^^^^^^^^^^
          = write role in (one,other)"
    `);
  });

  it('a signal and a restart policy', () => {
    expect(said(api('image: api\nstop: { signal: TERM }\nrestart: allways\n')))
      .toMatchInlineSnapshot(`
      "services/api.yaml:2:17: "TERM" is not a signal
       2 | stop: { signal: TERM }
         |                 ^^^^
          = did you mean \`SIGTERM\`?

      services/api.yaml:3:10: "allways" is not a restart policy
       3 | restart: allways
         |          ^^^^^^^
          = did you mean \`always\`?"
    `);
  });

  it('a user', () => {
    expect(said(api('image: api\nuser: "a b"\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:2:7: "a b" is not a user
       2 | user: "a b"
         |       ^^^^^
          = write a name or a number, with :group where needed"
    `);
  });

  it('batches', () => {
    expect(said(api('image: api\nrollout: { batch: 0 }\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:2:19: 0 is not a number of hosts
       2 | rollout: { batch: 0 }
         |                   ^
          = write a whole number from 1, or a part like 25%"
    `);
  });

  it('more of a rollout', () => {
    expect(said(api('image: api\nrollout: { batch: 120%, on_failure: rolback, canary: x }\n')))
      .toMatchInlineSnapshot(`
      "services/api.yaml:2:19: "120%" is not from 1% to 100%
       2 | rollout: { batch: 120%, on_failure: rolback, canary: x }
         |                   ^^^^
          = write a whole number from 1 to 100 and %, like 25%

      services/api.yaml:2:37: "rolback" is not \`rollback\` or \`pause\`
       2 | rollout: { batch: 120%, on_failure: rolback, canary: x }
         |                                     ^^^^^^^
          = did you mean \`rollback\`?

      services/api.yaml:2:54: \`canary\` takes a whole number, not the text "x"
       2 | rollout: { batch: 120%, on_failure: rolback, canary: x }
         |                                                      ^"
    `);
  });

  it('a rollout that must fail', () => {
    expect(said(api('image: api\nrollout: { min_healthy: 10m }\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:2:25: no host can become healthy in time: \`min_healthy\` is not below \`progress\`
       2 | rollout: { min_healthy: 10m }
         |                         ^^^"
    `);
  });
});

describe('wrong values of an environment:', () => {
  it('a selector without a value', () => {
    expect(said({ 'environments/beta.yaml': 'hosts: "ring = "\nvars: { api_port: 1 }\n' }))
      .toMatchInlineSnapshot(`
      "environments/beta.yaml:1:8: "ring =" has an empty value
       1 | hosts: "ring = "
         |        ^^^^^^^^^
          = write conditions like ring=beta, role in (app,game), id=web-* or !drained, with commas between"
    `);
  });

  it('an empty selector', () => {
    expect(said({ 'environments/beta.yaml': 'hosts: ""\n' })).toMatchInlineSnapshot(`
      "environments/beta.yaml:1:8: the selector is empty
       1 | hosts: ""
         |        ^^
          = write * for every host"
    `);
  });

  it('no selector at all', () => {
    expect(said({ 'environments/beta.yaml': 'vars: {}\n' })).toMatchInlineSnapshot(`
      "environments/beta.yaml:1:1: \`hosts\` is missing in an environment
       1 | vars: {}
         | ^
          = it takes a selector like role=app"
    `);
  });

  it('a rollout that must fail', () => {
    expect(said(environment('rollout: { progress: 5s }\n'))).toMatchInlineSnapshot(`
      "environments/beta.yaml:3:22: no host can become healthy in time: \`min_healthy\` is not below \`progress\`
       3 | rollout: { progress: 5s }
         |                      ^^"
    `);
  });
});

describe('wrong healthchecks:', () => {
  it('two at once', () => {
    expect(said(api('image: api\nhealthcheck: { http: /up, tcp: true }\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:2:32: \`http\` and \`tcp\` are two ways to probe
       2 | healthcheck: { http: /up, tcp: true }
         |                                ^^^^
          = keep one; in an environment \`http: null\` takes the other away"
    `);
  });

  it('two at once, one of them by an override', () => {
    expect(said(environment('services: { api: { healthcheck: { tcp: 80 } } }\n')))
      .toMatchInlineSnapshot(`
      "environments/beta.yaml:3:40: \`http\` and \`tcp\` are two ways to probe
       3 | services: { api: { healthcheck: { tcp: 80 } } }
         |                                        ^^
          = keep one; in an environment \`http: null\` takes the other away"
    `);
  });

  it('a path that is none', () => {
    expect(said(api('image: api\nports: ["80:80"]\nhealthcheck: { http: up }\n')))
      .toMatchInlineSnapshot(`
      "services/api.yaml:3:22: "up" is not a path
       3 | healthcheck: { http: up }
         |                      ^^
          = write /up"
    `);
  });

  it('more than a path', () => {
    expect(
      said(api('image: api\nports: ["80:80"]\nhealthcheck: { http: "http://localhost:80/up" }\n')),
    ).toMatchInlineSnapshot(`
      "services/api.yaml:3:22: "http://localhost:80/up" is more than the path
       3 | healthcheck: { http: "http://localhost:80/up" }
         |                      ^^^^^^^^^^^^^^^^^^^^^^^^
          = write its path alone; the port goes to \`port\`, the host is this one"
    `);
  });

  it('a path and no port', () => {
    expect(said(api('image: api\nports: ["53:53/udp"]\nhealthcheck: { http: /up }\n')))
      .toMatchInlineSnapshot(`
      "services/api.yaml:3:22: the service publishes no TCP port that could be probed
       3 | healthcheck: { http: /up }
         |                      ^^^
          = add \`port\`, the container's own"
    `);
  });

  it('the first port of none', () => {
    expect(said(api('image: api\nhealthcheck: { tcp: true }\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:2:21: the service publishes no TCP port that could be probed
       2 | healthcheck: { tcp: true }
         |                     ^^^^
          = write \`tcp: <port>\`"
    `);
  });

  it('a command that is no list, and no to none', () => {
    expect(said(api('image: api\nhealthcheck: { exec: ls, none: false }\n')))
      .toMatchInlineSnapshot(`
      "services/api.yaml:2:22: \`exec\` takes a list, not the text "ls"
       2 | healthcheck: { exec: ls, none: false }
         |                      ^^
          = write it as a list: [ls]

      services/api.yaml:2:32: \`none\` takes \`true\`, or is left out, not \`false\`
       2 | healthcheck: { exec: ls, none: false }
         |                                ^^^^^"
    `);
  });

  it('a port beside a port', () => {
    expect(said(api('image: api\nhealthcheck: { tcp: 80, port: 80 }\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:2:31: \`port\` belongs to \`http\`
       2 | healthcheck: { tcp: 80, port: 80 }
         |                               ^^
          = write \`tcp: <port>\`"
    `);
  });
});
