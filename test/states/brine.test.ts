import { describe, expect, it } from 'vitest';
import { good, said, type Texts } from './sample.ts';

const brine = (text: string): Texts => ({ 'brine.yaml': good['brine.yaml'] + text });

describe('brine.yaml with a wrong', () => {
  it('project, image, and keys that are not its own', () => {
    expect(
      said({
        'brine.yaml':
          'project: Star Fall\nimages: { api: { repository: r/api }, game: {} }\nnotifications: {}\nservices: {}\n',
      }),
    ).toMatchInlineSnapshot(`
      "brine.yaml:1:10: "Star Fall" is not a name
       1 | project: Star Fall
         |          ^^^^^^^^^
          = 1 to 40 of a-z, 0-9 and -, with - only in between

      brine.yaml:2:45: \`repository\` is missing in an image
       2 | images: { api: { repository: r/api }, game: {} }
         |                                             ^
          = it takes the repository of an image

      brine.yaml:3:1: \`notifications\` of brine.yaml is not available yet
       3 | notifications: {}
         | ^^^^^^^^^^^^^
          = take it out; it would have no effect

      brine.yaml:4:1: unknown key \`services\` in brine.yaml
       4 | services: {}
         | ^^^^^^^^
          = each has its own file, services/<name>.yaml"
    `);
  });

  it('repository', () => {
    expect(
      said({
        'brine.yaml':
          'project: starfall\nimages:\n  api: { repository: "registry.example.com/api:1" }\n  game: { repository: "https://registry.example.com/Game" }\n',
      }),
    ).toMatchInlineSnapshot(`
      "brine.yaml:3:22: "registry.example.com/api:1" has a tag
       3 |   api: { repository: "registry.example.com/api:1" }
         |                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          = write registry.example.com/api here, and the tag in versions/<environment>.yaml

      brine.yaml:4:23: "https://registry.example.com/Game" begins with a scheme
       4 |   game: { repository: "https://registry.example.com/Game" }
         |                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          = leave https:// out"
    `);
  });

  it('registry', () => {
    expect(
      said(
        brine(
          'registries:\n  "registry.example.com/x": { insecure: true }\n  registry.example.com: { auth: secret:x }\n  r2: { insecure: yes }\n',
        ),
      ),
    ).toMatchInlineSnapshot(`
      "brine.yaml:6:3: "registry.example.com/x" is not the address of a registry
       6 |   "registry.example.com/x": { insecure: true }
         |   ^^^^^^^^^^^^^^^^^^^^^^^^
          = write host or host:port, like registry.example.com:5000

      brine.yaml:7:27: \`auth\` of a registry is not available yet
       7 |   registry.example.com: { auth: secret:x }
         |                           ^^^^
          = take it out; it would have no effect

      brine.yaml:8:19: \`insecure\` takes \`true\` or \`false\`, not the text "yes"
       8 |   r2: { insecure: yes }
         |                   ^^^"
    `);
  });

  it('track', () => {
    expect(
      said({
        'brine.yaml':
          'project: a\nimages:\n  api: { repository: r/api, track: { semver: ">=1", digest: x } }\n  game: { repository: r/game, track: {} }\n  c: { repository: r/c, track: { newest: "(" } }\n',
      }),
    ).toMatchInlineSnapshot(`
      "brine.yaml:3:61: an image is tracked in exactly one way
       3 |   api: { repository: r/api, track: { semver: ">=1", digest: x } }
         |                                                             ^
          = write one of \`semver\`, \`newest\` and \`digest\`

      brine.yaml:4:38: an image is tracked in exactly one way
       4 |   game: { repository: r/game, track: {} }
         |                                      ^^
          = write one of \`semver\`, \`newest\` and \`digest\`

      brine.yaml:5:42: "(" is not a regular expression
       5 |   c: { repository: r/c, track: { newest: "(" } }
         |                                          ^^^
          = write it like "^main-[0-9a-f]{7}$""
    `);
  });

  it('test, by itself', () => {
    expect(
      said(
        brine(
          'tests:\n  a: {}\n  b: { http: "x", container: "y" }\n  c: { http: "http://x", command: [a] }\n  d: { container: "${image.api}", on: all-hosts, timeout: 5 }\n  e: { container: api }\n',
        ),
      ),
    ).toMatchInlineSnapshot(`
      "brine.yaml:6:6: a test asks by \`http\`, runs a \`container\`, or an \`exec\` in one that runs
       6 |   a: {}
         |      ^^
          = write one of them

      brine.yaml:7:14: "x" is not a URL
       7 |   b: { http: "x", container: "y" }
         |              ^^^
          = write http://…, like "http://\${host.address}:8080/up"

      brine.yaml:7:30: "y" is not an image of brine.yaml
       7 |   b: { http: "x", container: "y" }
         |                              ^^^
          = write "\${image.<name>}"

      brine.yaml:8:35: \`command\` belongs to \`container\`
       8 |   c: { http: "http://x", command: [a] }
         |                                   ^^^
          = take it out

      brine.yaml:9:39: "all-hosts" is not \`each-host\` or \`one-host\`
       9 |   d: { container: "\${image.api}", on: all-hosts, timeout: 5 }
         |                                       ^^^^^^^^^

      brine.yaml:9:59: "5" has no unit
       9 |   d: { container: "\${image.api}", on: all-hosts, timeout: 5 }
         |                                                           ^
          = write a number and its unit, like 500ms, 10s, 1m30s, 2h or 7d

      brine.yaml:10:19: "api" is not an image of brine.yaml
       10 |   e: { container: api }
          |                   ^^^
           = write "\${image.<name>}""
    `);
  });

  it('test, in what it refers to', () => {
    expect(
      said(
        brine(
          'tests:\n  d: { container: "${image.apo}" }\n  f: { http: "http://${host.address}:${service.apu.port}/${vars.nope}" }\n',
        ),
      ),
    ).toMatchInlineSnapshot(`
      "brine.yaml:6:19: unknown image \`apo\`
       6 |   d: { container: "\${image.apo}" }
         |                   ^^^^^^^^^^^^^^
          = did you mean \`api\`?

      brine.yaml:7:38: no environment has no service \`apu\`
       7 |   f: { http: "http://\${host.address}:\${service.apu.port}/\${vars.nope}" }
         |                                      ^^^^^^^^^^^^^^^^^^^
          = did you mean \`service.api.port\`?

      brine.yaml:7:58: no environment has no variable \`nope\`
       7 |   f: { http: "http://\${host.address}:\${service.apu.port}/\${vars.nope}" }
         |                                                          ^^^^^^^^^^^^
          = give it a value under \`vars\` in environments/no environment.yaml"
    `);
  });

  it('answer expected of a test', () => {
    expect(said(brine('tests: { a: { http: "http://x", expect: { status: 99, json: {} } } }\n')))
      .toMatchInlineSnapshot(`
        "brine.yaml:5:51: 99 is not from 100 to 599
         5 | tests: { a: { http: "http://x", expect: { status: 99, json: {} } } }
           |                                                   ^^"
      `);
  });

  it('stage', () => {
    expect(
      said(brine('pipeline: { beta: { approval: yes, soak: 30, windows: { zone: Nowhere } } }\n')),
    ).toMatchInlineSnapshot(`
        "brine.yaml:5:31: "yes" is not \`none\` or \`manual\`
         5 | pipeline: { beta: { approval: yes, soak: 30, windows: { zone: Nowhere } } }
           |                               ^^^

        brine.yaml:5:42: "30" has no unit
         5 | pipeline: { beta: { approval: yes, soak: 30, windows: { zone: Nowhere } } }
           |                                          ^^
            = write a number and its unit, like 500ms, 10s, 1m30s, 2h or 7d

        brine.yaml:5:63: "Nowhere" is no time zone
         5 | pipeline: { beta: { approval: yes, soak: 30, windows: { zone: Nowhere } } }
           |                                                               ^^^^^^^
            = write a name like Europe/Berlin, or UTC"
      `);
  });

  it('list of stages before', () => {
    expect(said(brine('pipeline: { beta: { after: [beta, 5, []] } }\n'))).toMatchInlineSnapshot(`
      "brine.yaml:5:35: this takes the name of an environment, not the number 5
       5 | pipeline: { beta: { after: [beta, 5, []] } }
         |                                   ^
          = quote it: "5"

      brine.yaml:5:38: this takes the name of an environment, not a list
       5 | pipeline: { beta: { after: [beta, 5, []] } }
         |                                      ^^"
    `);
  });
});
