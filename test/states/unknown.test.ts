// Long because every mistake stands beside the whole text that is said about it.

import { describe, expect, it } from 'vitest';
import { api, environment, good, more, said, type Texts, versions } from './sample.ts';

const brine = (text: string): Texts => ({ 'brine.yaml': good['brine.yaml'] + text });

const prod = { 'environments/prod.yaml': 'hosts: ring=prod\nvars: { api_port: 80 }\n' };

/** Two services that both have a version. */
const two = (apiText: string, gameText: string): Texts => ({
  'services/api.yaml': apiText,
  'services/game.yaml': gameText,
  'versions/beta.yaml': 'images: { api: { tag: "1" }, game: { tag: "1" } }\n',
});

describe('names that there are not:', () => {
  it('an image, misspelt', () => {
    expect(said(api('image: apo\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:1:8: unknown image \`apo\`
       1 | image: apo
         |        ^^^
          = did you mean \`api\`?"
    `);
  });

  it('an image', () => {
    expect(said(api('image: database\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:1:8: unknown image \`database\`
       1 | image: database
         |        ^^^^^^^^
          = add it to \`images\` in brine.yaml"
    `);
  });

  it('an image of a version', () => {
    expect(said(versions('images: { api: { tag: "1" }, gaem: { tag: "1" } }\n')))
      .toMatchInlineSnapshot(`
      "versions/beta.yaml:1:30: unknown image \`gaem\`
       1 | images: { api: { tag: "1" }, gaem: { tag: "1" } }
         |                              ^^^^
          = did you mean \`game\`?"
    `);
  });

  it('an environment of versions', () => {
    expect(said({ 'versions/bata.yaml': 'images: {}\n' })).toMatchInlineSnapshot(`
      "versions/bata.yaml:1:1: unknown environment \`bata\`
       1 | images: {}
         | ^
          = did you mean \`beta\`?"
    `);
  });

  it('a service of an override, also one taken out', () => {
    expect(said(environment('services: { apo: { user: a }, gone: null }\n')))
      .toMatchInlineSnapshot(`
      "environments/beta.yaml:3:13: unknown service \`apo\`
       3 | services: { apo: { user: a }, gone: null }
         |             ^^^
          = did you mean \`api\`?

      environments/beta.yaml:3:31: unknown service \`gone\`
       3 | services: { apo: { user: a }, gone: null }
         |                               ^^^^
          = write services/gone.yaml"
    `);
  });

  it('a service that is needed', () => {
    expect(said(more('needs: [apo, api]\n'))).toMatchInlineSnapshot(`
      "services/api.yaml:6:9: unknown service \`apo\`
       6 | needs: [apo, api]
         |         ^^^
          = did you mean \`api\`?

      services/api.yaml:6:14: service api needs itself
       6 | needs: [apo, api]
         |              ^^^"
    `);
  });

  it('a stage, a test and an environment', () => {
    expect(
      said(
        brine(
          'tests: { smoke: { http: "http://x" } }\npipeline: { beta: { after: bta, verify: [smok] }, prod: {} }\n',
        ),
      ),
    ).toMatchInlineSnapshot(`
      "brine.yaml:6:28: unknown stage \`bta\`
       6 | pipeline: { beta: { after: bta, verify: [smok] }, prod: {} }
         |                            ^^^
          = did you mean \`beta\`?

      brine.yaml:6:42: unknown test \`smok\`
       6 | pipeline: { beta: { after: bta, verify: [smok] }, prod: {} }
         |                                          ^^^^
          = did you mean \`smoke\`?

      brine.yaml:6:51: unknown environment \`prod\`
       6 | pipeline: { beta: { after: bta, verify: [smok] }, prod: {} }
         |                                                   ^^^^
          = write environments/prod.yaml"
    `);
  });

  it('nothing more where a file cannot be read', () => {
    expect(
      said({
        'brine.yaml': ']',
        'services/game.yaml': '[',
        'services/api.yaml':
          'image: api\nneeds: [game]\nenv: { A: "${service.game.port} ${image.game}" }\n',
      }),
    ).toMatchInlineSnapshot(`
      "brine.yaml:1:1: this is not YAML: unexpected flow-seq-end token in YAML document
       1 | ]
         | ^

      services/game.yaml:1:2: this is not YAML: flow sequence must end with a ]
       1 | [
         |  ^
          = is a \`]\` missing?"
    `);
  });
});

describe('circles:', () => {
  it('of needs', () => {
    expect(said(two('image: api\nneeds: [game]\n', 'image: game\nneeds: [api]\n')))
      .toMatchInlineSnapshot(`
      "services/api.yaml:2:8: \`needs\` goes around in a circle: api needs game needs api
       2 | needs: [game]
         |        ^^^^^^
          = take one of them out"
    `);
  });

  it('of needs, by an override', () => {
    expect(
      said({
        ...two('image: api\n', 'image: game\nneeds: [api]\n'),
        'environments/beta.yaml': 'hosts: ring=beta\nservices: { api: { needs: [game] } }\n',
      }),
    ).toMatchInlineSnapshot(`
      "environments/beta.yaml:2:27: \`needs\` goes around in a circle: api needs game needs api
       2 | services: { api: { needs: [game] } }
         |                           ^^^^^^
          = take one of them out"
    `);
  });

  it('of stages', () => {
    expect(
      said({ ...brine('pipeline: { beta: { after: prod }, prod: { after: [beta] } }\n'), ...prod }),
    ).toMatchInlineSnapshot(`
      "brine.yaml:5:28: the pipeline goes around in a circle: beta after prod after beta
       5 | pipeline: { beta: { after: prod }, prod: { after: [beta] } }
         |                            ^^^^
          = take one \`after\` out"
    `);
  });

  it('of one stage', () => {
    expect(said(brine('pipeline: { beta: { after: beta } }\n'))).toMatchInlineSnapshot(`
      "brine.yaml:5:28: the pipeline goes around in a circle: beta after beta
       5 | pipeline: { beta: { after: beta } }
         |                            ^^^^
          = take one \`after\` out"
    `);
  });
});

describe('what an environment leaves out', () => {
  it('cannot be needed there', () => {
    expect(
      said({
        ...two('image: api\nneeds: [game]\n', 'image: game\n'),
        'environments/beta.yaml': 'hosts: ring=beta\nservices: { game: null }\n',
      }),
    ).toMatchInlineSnapshot(`
      "services/api.yaml:2:9: service api needs game, which beta leaves out
       2 | needs: [game]
         |         ^^^^
          = let beta override \`needs\`, too"
    `);
  });

  it('cannot be its image', () => {
    expect(said(environment('services: { api: { image: null } }\n'))).toMatchInlineSnapshot(`
      "environments/beta.yaml:3:27: \`image\` takes the name of an image, not nothing
       3 | services: { api: { image: null } }
         |                           ^^^^"
    `);
  });
});

describe('a service without a version', () => {
  it('is told', () => {
    expect(said({ 'services/game.yaml': 'image: game\n' })).toMatchInlineSnapshot(`
      "services/game.yaml:1:8: service game has no version in beta
       1 | image: game
         |        ^^^^
          = add \`game: { tag: "…" }\` to \`images\` in versions/beta.yaml, or leave the service out there: \`services: { game: null }\`"
    `);
  });

  it('is not told where the environment leaves it out', () => {
    expect(
      said({ 'services/game.yaml': 'image: game\n', ...environment('services: { game: null }\n') }),
    ).toMatchInlineSnapshot(`""`);
  });

  it('is told once where there are no versions at all', () => {
    expect(said({ 'versions/beta.yaml': null })).toMatchInlineSnapshot(`
      "environments/beta.yaml:1:1: beta has no versions
       1 | hosts: ring=beta
         | ^
          = write versions/beta.yaml with a tag for each image: api"
    `);
  });

  it('is told in a later stage that has others', () => {
    expect(
      said({
        ...brine('pipeline: { beta: {}, prod: { after: beta } }\n'),
        ...prod,
        'versions/prod.yaml': 'images: {}\n',
      }),
    ).toMatchInlineSnapshot(`
      "services/api.yaml:1:8: service api has no version in prod
       1 | image: api
         |        ^^^
          = add \`api: { tag: "…" }\` to \`images\` in versions/prod.yaml, or leave the service out there: \`services: { api: null }\`"
    `);
  });

  it('is awaited in a later stage that has none yet', () => {
    expect(
      said({ ...brine('pipeline: { beta: {}, prod: { after: beta } }\n'), ...prod }),
    ).toMatchInlineSnapshot(`""`);
  });
});
