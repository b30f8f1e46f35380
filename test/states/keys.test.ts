import { describe, expect, it } from 'vitest';
import { api, environment, instead, more, said, versions } from './sample.ts';

describe('the states of the tests', () => {
  it('are right', () => {
    expect(said({})).toMatchInlineSnapshot(`""`);
  });
});

describe('a key', () => {
  it('that is misspelt', () => {
    expect(said(instead(/healthcheck/, 'helthcheck'))).toMatchInlineSnapshot(`
      "services/api.yaml:5:1: unknown key \`helthcheck\` in a service
       5 | helthcheck: { http: /up }
         | ^^^^^^^^^^
          = did you mean \`healthcheck\`?"
    `);
  });

  it('that is misspelt below another', () => {
    expect(said(more('limits: { memry: 5g }\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:6:11: unknown key \`memry\` in \`limits\`
       6 | limits: { memry: 5g }
         |           ^^^^^
          = did you mean \`memory\`?"
    `);
  });

  it('that is misspelt in an override', () => {
    expect(said(environment('services: { api: { prots: [] } }\n'))).toMatchInlineSnapshot(`
      "environments/beta.yaml:3:20: unknown key \`prots\` in a service
       3 | services: { api: { prots: [] } }
         |                    ^^^^^
          = did you mean \`ports\`?"
    `);
  });

  it('that nobody knows', () => {
    expect(said(more('blah: 1\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:6:1: unknown key \`blah\` in a service
       6 | blah: 1
         | ^^^^
          = there are image, targets, ports, env, configs, env_file, volumes, networks, command, entrypoint, user, labels, restart, limits, healthcheck, stop, drain, needs, jobs, retain, instances, order, working_dir, hostname, tmpfs, extra_hosts, dns, cap_add, cap_drop, read_only, init, security_opt, devices, logging, rollout"
    `);
  });

  it('that Compose has under another name', () => {
    expect(said(more('depends_on: [db]\nmem_limit: 5m\nbuild: .\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:6:1: unknown key \`depends_on\` in a service
       6 | depends_on: [db]
         | ^^^^^^^^^^
          = write \`needs: [<service>]\`

      services/api.yaml:7:1: unknown key \`mem_limit\` in a service
       7 | mem_limit: 5m
         | ^^^^^^^^^
          = write \`limits: { memory: … }\`

      services/api.yaml:8:1: unknown key \`build\` in a service
       8 | build: .
         | ^^^^^
          = an image is built before it comes here; name it with \`image\`"
    `);
  });

  it('that is to come', () => {
    expect(said(more('secrets: { A: b }\nhooks: {}\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:6:1: \`secrets\` of a service is not available yet
       6 | secrets: { A: b }
         | ^^^^^^^
          = take it out; it would have no effect

      services/api.yaml:7:1: \`hooks\` of a service is not available yet
       7 | hooks: {}
         | ^^^^^
          = take it out; it would have no effect"
    `);
  });

  it('that is missing', () => {
    expect(said(api('targets: role=app\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:1:1: \`image\` is missing in a service
       1 | targets: role=app
         | ^
          = it takes the name of an image"
    `);
  });

  it('that is missing because it is misspelt is told once', () => {
    expect(said({ 'environments/beta.yaml': 'host: ring=beta\nvars: { api_port: 1 }\n' }))
      .toMatchInlineSnapshot(`
      "environments/beta.yaml:1:1: unknown key \`host\` in an environment
       1 | host: ring=beta
         | ^^^^
          = did you mean \`hosts\`?"
    `);
  });

  it('that begins with x- is ignored everywhere but in labels', () => {
    expect(
      said(more('x-notes: [1, { a: 2 }]\nlimits: { x-a: 1 }\nlabels: { x-team: core }\n')),
    ).toMatchInlineSnapshot(`""`);
  });

  it('of a label of ours', () => {
    expect(said(api('image: api\nlabels: { brine.env: x, "a b": c }\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:2:11: labels that begin with \`brine.\` are Brine's own
       2 | labels: { brine.env: x, "a b": c }
         |           ^^^^^^^^^

      services/api.yaml:2:25: "a b" is not the name of a label
       2 | labels: { brine.env: x, "a b": c }
         |                         ^^^^^
          = write it without spaces and \`=\`"
    `);
  });

  it('of no environment variable', () => {
    expect(said(api('image: api\nenv: { "1A": b, "A=": c }\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:2:8: "1A" is not the name of an environment variable
       2 | env: { "1A": b, "A=": c }
         |        ^^^^
          = write letters, digits and _, a letter first

      services/api.yaml:2:17: "A=" is not the name of an environment variable
       2 | env: { "1A": b, "A=": c }
         |                 ^^^^
          = write letters, digits and _, a letter first"
    `);
  });

  it('of no variable', () => {
    expect(
      said({
        'environments/beta.yaml':
          'hosts: ring=beta\nvars: { "a b": 1, api_port: [1] }\nvariables: {}\n',
      }),
    ).toMatchInlineSnapshot(`
      "environments/beta.yaml:2:9: "a b" is not the name of a variable
       2 | vars: { "a b": 1, api_port: [1] }
         |         ^^^^^
          = write letters, digits, _ and -

      environments/beta.yaml:2:29: \`api_port\` takes text, a number, \`true\` or \`false\`, not a list
       2 | vars: { "a b": 1, api_port: [1] }
         |                             ^^^

      environments/beta.yaml:3:1: unknown key \`variables\` in an environment
       3 | variables: {}
         | ^^^^^^^^^
          = write \`vars\`"
    `);
  });
});

describe('a version', () => {
  it('with a numeric tag', () => {
    expect(said(versions('images:\n  api: { tag: 1.10 }\n'))).toMatchInlineSnapshot(`
      "versions/beta.yaml:2:15: \`tag\` takes text, not the number 1.10
       2 |   api: { tag: 1.10 }
         |               ^^^^
          = quote it: "1.10""
    `);
  });

  it('with a tag that is a whole number', () => {
    expect(said(versions('images:\n  api: { tag: 7 }\n'))).toMatchInlineSnapshot(`
      "versions/beta.yaml:2:15: \`tag\` takes text, not the number 7
       2 |   api: { tag: 7 }
         |               ^
          = quote it: "7""
    `);
  });

  it('with a tag that is a yes', () => {
    expect(said(versions('images: { api: { tag: true } }\n'))).toMatchInlineSnapshot(`
      "versions/beta.yaml:1:23: \`tag\` takes text, not \`true\`
       1 | images: { api: { tag: true } }
         |                       ^^^^
          = quote it: "true""
    `);
  });

  it('with a tag that is none', () => {
    expect(said(versions('images: { api: { tag: "a b" } }\n'))).toMatchInlineSnapshot(`
      "versions/beta.yaml:1:23: the tag "a b" has " " in it
       1 | images: { api: { tag: "a b" } }
         |                       ^^^^^
          = write a tag as the registry has it, like "1.42.0" or main-3e1f0ab"
    `);
  });

  it('with a digest that is none', () => {
    expect(said(versions('images: { api: { tag: "1", digest: "sha256:abc" } }\n')))
      .toMatchInlineSnapshot(`
      "versions/beta.yaml:1:36: "sha256:abc" has 3 digits of 64
       1 | images: { api: { tag: "1", digest: "sha256:abc" } }
         |                                    ^^^^^^^^^^^^
          = write sha256: and 64 hexadecimal digits, as the registry shows it"
    `);
  });

  it('with a commit of digits only', () => {
    expect(said(versions('images: { api: { tag: "1", commit: 1234567 } }\n')))
      .toMatchInlineSnapshot(`
      "versions/beta.yaml:1:36: \`commit\` takes text, not the number 1234567
       1 | images: { api: { tag: "1", commit: 1234567 } }
         |                                    ^^^^^^^
          = quote it: "1234567""
    `);
  });

  it('with a commit that is none', () => {
    expect(said(versions('images: { api: { tag: "1", commit: xyz } }\n'))).toMatchInlineSnapshot(`
      "versions/beta.yaml:1:36: "xyz" is not a commit
       1 | images: { api: { tag: "1", commit: xyz } }
         |                                    ^^^
          = write 7 to 64 hexadecimal digits"
    `);
  });

  it('in a release of digits only', () => {
    expect(said(versions('release: 12345678\nimages: { api: { tag: "1" } }\n')))
      .toMatchInlineSnapshot(`
      "versions/beta.yaml:1:10: \`release\` takes text, not the number 12345678
       1 | release: 12345678
         |          ^^^^^^^^
          = quote it: "12345678""
    `);
  });

  it('in a file without images', () => {
    expect(said(versions('release: 7f3a9c2d\n'))).toMatchInlineSnapshot(`
      "versions/beta.yaml:1:1: \`images\` is missing in versions
       1 | release: 7f3a9c2d
         | ^
          = it takes a map"
    `);
  });
});
