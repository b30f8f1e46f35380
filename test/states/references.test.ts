import { describe, expect, it } from 'vitest';
import { api, more, said } from './sample.ts';

describe('a reference', () => {
  it('to a variable that there is not', () => {
    expect(said(more('user: "${vars.usr}"\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:6:8: beta has no variable \`usr\`
       6 | user: "\${vars.usr}"
         |        ^^^^^^^^^^^
          = give it a value under \`vars\` in environments/beta.yaml"
    `);
  });

  it('to a variable that is misspelt, in the middle of a text', () => {
    expect(said(more('labels: { a: "port ${vars.api_prt}!" }\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:6:20: beta has no variable \`api_prt\`
       6 | labels: { a: "port \${vars.api_prt}!" }
         |                    ^^^^^^^^^^^^^^^
          = did you mean \`vars.api_port\`?"
    `);
  });

  it('to nothing that there is', () => {
    expect(said(more('labels: { a: "${host.adress} ${image.apo} ${service.apu.port} ${foo}" }\n')))
      .toMatchInlineSnapshot(`
      "services/api.yaml:6:15: \`host.adress\` is unknown
       6 | labels: { a: "\${host.adress} \${image.apo} \${service.apu.port} \${foo}" }
         |               ^^^^^^^^^^^^^^
          = there are host.id, host.address, host.labels.<key> and host.facts.<key>

      services/api.yaml:6:30: unknown image \`apo\`
       6 | labels: { a: "\${host.adress} \${image.apo} \${service.apu.port} \${foo}" }
         |                              ^^^^^^^^^^^^
          = did you mean \`api\`?

      services/api.yaml:6:43: beta has no service \`apu\`
       6 | labels: { a: "\${host.adress} \${image.apo} \${service.apu.port} \${foo}" }
         |                                           ^^^^^^^^^^^^^^^^^^^
          = did you mean \`service.api.port\`?

      services/api.yaml:6:63: nothing is named \`foo\`
       6 | labels: { a: "\${host.adress} \${image.apo} \${service.apu.port} \${foo}" }
         |                                                               ^^^^^^
          = there are vars, env, host, service, image, release; write \`$\${foo}\` to pass it on as it is"
    `);
  });

  it('to what cannot be told', () => {
    expect(
      said(
        more('labels: { a: "${secret.x} ${api_port} ${release.x} ${env.nme} ${host.labels}" }\n'),
      ),
    ).toMatchInlineSnapshot(`
      "services/api.yaml:6:15: secrets are not available yet
       6 | labels: { a: "\${secret.x} \${api_port} \${release.x} \${env.nme} \${host.labels}" }
         |               ^^^^^^^^^^^
          = take it out

      services/api.yaml:6:27: nothing is named \`api_port\`
       6 | labels: { a: "\${secret.x} \${api_port} \${release.x} \${env.nme} \${host.labels}" }
         |                           ^^^^^^^^^^^
          = did you mean \`vars.api_port\`?

      services/api.yaml:6:39: \`release\` has nothing below it
       6 | labels: { a: "\${secret.x} \${api_port} \${release.x} \${env.nme} \${host.labels}" }
         |                                       ^^^^^^^^^^^^

      services/api.yaml:6:52: \`env\` has no \`nme\`
       6 | labels: { a: "\${secret.x} \${api_port} \${release.x} \${env.nme} \${host.labels}" }
         |                                                    ^^^^^^^^^^
          = it has \`env.name\`

      services/api.yaml:6:63: \`host.labels\` is unknown
       6 | labels: { a: "\${secret.x} \${api_port} \${release.x} \${env.nme} \${host.labels}" }
         |                                                               ^^^^^^^^^^^^^^
          = there are host.id, host.address, host.labels.<key> and host.facts.<key>"
    `);
  });

  it('that is not written as one', () => {
    expect(said(more('labels: { a: "${", b: "${}", c: "${ vars.api_port }", d: "${VAR:-x}" }\n')))
      .toMatchInlineSnapshot(`
      "services/api.yaml:6:15: \`\${\` without a \`}\`
       6 | labels: { a: "\${", b: "\${}", c: "\${ vars.api_port }", d: "\${VAR:-x}" }
         |               ^^
          = a reference is like \`\${vars.name}\`; write \`$\${\` to pass \`\${\` on as it is

      services/api.yaml:6:24: \`\${}\` names nothing
       6 | labels: { a: "\${", b: "\${}", c: "\${ vars.api_port }", d: "\${VAR:-x}" }
         |                        ^^^
          = a reference is like \`\${vars.name}\`; write \`$\${\` to pass \`\${\` on as it is

      services/api.yaml:6:34: \`\${ vars.api_port }\` has spaces in it
       6 | labels: { a: "\${", b: "\${}", c: "\${ vars.api_port }", d: "\${VAR:-x}" }
         |                                  ^^^^^^^^^^^^^^^^^^
          = write \`\${vars.api_port}\`

      services/api.yaml:6:59: \`\${VAR:-x}\` is not a reference
       6 | labels: { a: "\${", b: "\${}", c: "\${ vars.api_port }", d: "\${VAR:-x}" }
         |                                                           ^^^^^^^^^
          = a reference is like \`\${vars.name}\`; write \`$\${\` to pass \`\${\` on as it is"
    `);
  });

  it('that is none, because it is passed on', () => {
    expect(said(more('labels: { e: "$${HOME} costs $5, $$" }\n'))).toMatchInlineSnapshot(`""`);
  });

  it('to a host where all hosts are decided for', () => {
    expect(said(more('rollout: { batch: "${host.id}" }\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:6:20: \`host.id\` has no meaning here
       6 | rollout: { batch: "\${host.id}" }
         |                    ^^^^^^^^^^
          = this is decided for all hosts of the environment, before its release is known"
    `);
  });

  it('in the place of a name', () => {
    expect(said(api('image: "${vars.image}"\nneeds: ["${vars.x}"]\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:1:8: \`\${…}\` is not resolved here
       1 | image: "\${vars.image}"
         |        ^^^^^^^^^^^^^^^
          = write the value itself

      services/api.yaml:2:9: \`\${…}\` is not resolved here
       2 | needs: ["\${vars.x}"]
         |         ^^^^^^^^^^^
          = write the value itself"
    `);
  });

  it('inside a variable', () => {
    expect(
      said({
        'environments/beta.yaml':
          'hosts: ring=beta\nvars: { api_port: 1, url: "http://${host.id}" }\n',
      }),
    ).toMatchInlineSnapshot(`
      "environments/beta.yaml:2:27: \`\${…}\` is not resolved here
       2 | vars: { api_port: 1, url: "http://\${host.id}" }
         |                           ^^^^^^^^^^^^^^^^^^^
          = write the value itself"
    `);
  });

  it('of a port to itself', () => {
    expect(said(api('image: api\nports: ["${service.api.port}:80"]\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:2:10: the port of service api is not known: it is named by way of itself
       2 | ports: ["\${service.api.port}:80"]
         |          ^^^^^^^^^^^^^^^^^^^"
    `);
  });

  it('to a port that is not published', () => {
    expect(said(api('image: api\nenv: { A: "${service.api.port}" }\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:2:12: service api publishes no port
       2 | env: { A: "\${service.api.port}" }
         |            ^^^^^^^^^^^^^^^^^^^
          = give it \`ports\`"
    `);
  });

  it('that brings what does not fit', () => {
    expect(
      said({
        'services/api.yaml': 'image: api\nretain: "${vars.word}"\nports: ["${vars.word}:80"]\n',
        'environments/beta.yaml': 'hosts: ring=beta\nvars: { word: many }\n',
      }),
    ).toMatchInlineSnapshot(`
      "services/api.yaml:2:9: \`retain\` takes a whole number, not the text "many"
       2 | retain: "\${vars.word}"
         |         ^^^^^^^^^^^^^^

      services/api.yaml:3:9: "many:80" has no port number in "many"
       3 | ports: ["\${vars.word}:80"]
         |         ^^^^^^^^^^^^^^^^^
          = write host:container, like 8080:80, 127.0.0.1:8080:80 or 53:53/udp"
    `);
  });

  it('is told beside all else that is wrong', () => {
    expect(said(more('user: "${vars.usr}"\nretain: -1\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:6:8: beta has no variable \`usr\`
       6 | user: "\${vars.usr}"
         |        ^^^^^^^^^^^
          = give it a value under \`vars\` in environments/beta.yaml

      services/api.yaml:7:9: -1 is not from 0 to 100
       7 | retain: -1
         |         ^^"
    `);
  });
});
