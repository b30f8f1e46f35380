import { describe, expect, it } from 'vitest';
import { api, environment, instead, more, said } from './sample.ts';

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
