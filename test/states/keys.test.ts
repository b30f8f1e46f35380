// Long because every mistake stands beside the whole text that is said about it.

import { describe, expect, it } from 'vitest';
import { good, said, type Texts } from './sample.ts';

/** Written below the service that is right. */
const more = (text: string): Texts => ({ 'services/api.yaml': good['services/api.yaml'] + text });

const api = (text: string): Texts => ({ 'services/api.yaml': text });

/** The service that is right, with one line of it written otherwise. */
const instead = (line: RegExp, text: string): Texts => ({
  'services/api.yaml': good['services/api.yaml'].replace(line, text),
});

const environment = (text: string): Texts => ({
  'environments/beta.yaml': good['environments/beta.yaml'] + text,
});

const versions = (text: string): Texts => ({ 'versions/beta.yaml': text });

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

describe('a value of the wrong type:', () => {
  it('a number for a map', () => {
    expect(said(more('limits: 5\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:6:9: \`limits\` takes a map, not the number 5
       6 | limits: 5
         |         ^"
    `);
  });

  it('a text for a map', () => {
    expect(said(api('image: api\nhealthcheck: none\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:2:14: \`healthcheck\` takes a map, not the text "none"
       2 | healthcheck: none
         |              ^^^^
          = write \`{ none: true }\`"
    `);
  });

  it('a text for a list', () => {
    expect(said(instead(/ports: .*/, 'ports: 8080:80'))).toMatchInlineSnapshot(`
      "services/api.yaml:3:8: \`ports\` takes a list, not the text "8080:80"
       3 | ports: 8080:80
         |        ^^^^^^^
          = write it as a list: ["8080:80"]"
    `);
  });

  it('a text for a list of words', () => {
    expect(said(more('command: npm run start\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:6:10: \`command\` takes a list, not the text "npm run start"
       6 | command: npm run start
         |          ^^^^^^^^^^^^^
          = write it as a list: [npm, run, start]"
    `);
  });

  it('a list for a map', () => {
    expect(said(instead(/env: .*/, 'env: [A=b]'))).toMatchInlineSnapshot(`
      "services/api.yaml:4:6: \`env\` takes a map, not a list
       4 | env: [A=b]
         |      ^^^^^
          = write \`key: value\`, one in a line"
    `);
  });

  it('a list for a service in an environment', () => {
    expect(said(environment('services: { api: [] }\n'))).toMatchInlineSnapshot(`
      "environments/beta.yaml:3:18: \`api\` takes a map, not a list
       3 | services: { api: [] }
         |                  ^^"
    `);
  });

  it('a list for a text', () => {
    expect(said(api('image: [api]\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:1:8: \`image\` takes the name of an image, not a list
       1 | image: [api]
         |        ^^^^^"
    `);
  });

  it('nothing for a text', () => {
    expect(said(api('image: null\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:1:8: \`image\` takes the name of an image, not nothing
       1 | image: null
         |        ^^^^"
    `);
  });

  it('nothing, a list, and numbers that read otherwise, for text', () => {
    expect(
      said(
        instead(
          /env: .*/,
          'env: { A: null, B: [1], C: 1.10, D: True, E: 0x1F, F: ok, G: 5, H: false }',
        ),
      ),
    ).toMatchInlineSnapshot(`
      "services/api.yaml:4:11: \`A\` takes text, not nothing
       4 | env: { A: null, B: [1], C: 1.10, D: True, E: 0x1F, F: ok, G: 5, H: false }
         |           ^^^^
          = write "" for an empty text, or take the key out

      services/api.yaml:4:20: \`B\` takes text, not a list
       4 | env: { A: null, B: [1], C: 1.10, D: True, E: 0x1F, F: ok, G: 5, H: false }
         |                    ^^^

      services/api.yaml:4:28: 1.10 would be read as 1.1
       4 | env: { A: null, B: [1], C: 1.10, D: True, E: 0x1F, F: ok, G: 5, H: false }
         |                            ^^^^
          = quote it: "1.10"

      services/api.yaml:4:37: True would be read as true
       4 | env: { A: null, B: [1], C: 1.10, D: True, E: 0x1F, F: ok, G: 5, H: false }
         |                                     ^^^^
          = quote it: "True"

      services/api.yaml:4:46: 0x1F would be read as 31
       4 | env: { A: null, B: [1], C: 1.10, D: True, E: 0x1F, F: ok, G: 5, H: false }
         |                                              ^^^^
          = quote it: "0x1F""
    `);
  });

  it('a word for a number', () => {
    expect(said(more('retain: three\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:6:9: \`retain\` takes a whole number, not the text "three"
       6 | retain: three
         |         ^^^^^"
    `);
  });

  it('a number too small', () => {
    expect(said(more('retain: -1\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:6:9: -1 is not from 0 to 100
       6 | retain: -1
         |         ^^"
    `);
  });

  it('a number that is not whole', () => {
    expect(said(more('retain: 1.5\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:6:9: \`retain\` takes a whole number, not the number 1.5
       6 | retain: 1.5
         |         ^^^"
    `);
  });

  it('a word for CPUs, a yes for a size', () => {
    expect(said(more('limits: { cpus: many, memory: true }\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:6:17: \`cpus\` takes a number of CPUs like 0.5, not the text "many"
       6 | limits: { cpus: many, memory: true }
         |                 ^^^^

      services/api.yaml:6:31: \`memory\` takes a size like 512m, not \`true\`
       6 | limits: { cpus: many, memory: true }
         |                               ^^^^"
    `);
  });

  it('no CPU, and bytes without a unit', () => {
    expect(said(more('limits: { cpus: 0, memory: 512 }\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:6:17: 0 is not from 0.01 to 1024
       6 | limits: { cpus: 0, memory: 512 }
         |                 ^

      services/api.yaml:6:28: "512" has no unit
       6 | limits: { cpus: 0, memory: 512 }
         |                            ^^^
          = write a number and its unit, like 64k, 512m or 1g (powers of 1024)"
    `);
  });

  it('too little memory', () => {
    expect(said(more('limits: { memory: 5m }\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:6:19: "5m" is too small
       6 | limits: { memory: 5m }
         |                   ^^
          = Docker gives at least 6m"
    `);
  });

  it('an empty list of words', () => {
    expect(said(api('image: api\ncommand: []\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:2:10: this list is empty
       2 | command: []
         |          ^^
          = take the key out, or fill it"
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
