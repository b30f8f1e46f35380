import { describe, expect, it } from 'vitest';
import { good, said, type Texts } from './sample.ts';

const without = (path: string): Texts => ({ [path]: null });

describe('a symbolic link', () => {
  it('to a file inside is followed', () => {
    expect(
      said({
        'services/api.yaml': { link: '../shared/api.yaml' },
        'shared/api.yaml': good['services/api.yaml'],
      }),
    ).toMatchInlineSnapshot(`""`);
  });

  it('to a file inside by way of a link is followed', () => {
    expect(
      said({
        'services/api.yaml': { link: './b/../../one' },
        one: { link: 'two' },
        two: good['services/api.yaml'],
      }),
    ).toMatchInlineSnapshot(`""`);
  });

  it('that is a folder is followed', () => {
    expect(
      said({
        ...without('services/api.yaml'),
        services: { link: 'shared' },
        'shared/api.yaml': good['services/api.yaml'],
      }),
    ).toMatchInlineSnapshot(`""`);
  });

  it('is named where the mistake behind it is shown', () => {
    expect(
      said({
        'services/api.yaml': { link: '../shared/api.yaml' },
        'shared/api.yaml': 'imag: api\n',
      }),
    ).toMatchInlineSnapshot(`
      "services/api.yaml:1:1: unknown key \`imag\` in a service
       1 | imag: api
         | ^^^^
          = did you mean \`image\`?"
    `);
  });

  it('out of the repository is refused', () => {
    expect(said({ 'services/b.yaml': { link: '../../etc/passwd' } })).toMatchInlineSnapshot(
      `"services/b.yaml:1:1: this link leads out of the repository"`,
    );
  });

  it('that is absolute is refused', () => {
    expect(said({ 'services/b.yaml': { link: '/etc/passwd' } })).toMatchInlineSnapshot(
      `"services/b.yaml:1:1: this link leads out of the repository"`,
    );
  });

  it('out of the repository is refused for a folder too', () => {
    expect(
      said({ ...without('services/api.yaml'), services: { link: '../elsewhere' } }),
    ).toMatchInlineSnapshot(`"services:1:1: this link leads out of the repository"`);
  });

  it('in a circle is refused', () => {
    expect(said({ 'services/b.yaml': { link: 'c.yaml' }, 'services/c.yaml': { link: 'b.yaml' } }))
      .toMatchInlineSnapshot(`
      "services/b.yaml:1:1: this link leads around in a circle

      services/c.yaml:1:1: this link leads around in a circle"
    `);
  });

  it('to itself is refused', () => {
    expect(
      said({ ...without('services/api.yaml'), services: { link: 'services' } }),
    ).toMatchInlineSnapshot(`"services:1:1: this link leads around in a circle"`);
  });

  it('to nothing is refused', () => {
    expect(said({ 'services/b.yaml': { link: 'shared/x.yaml' } })).toMatchInlineSnapshot(
      `"services/b.yaml:1:1: this link leads to nothing: services/shared/x.yaml"`,
    );
  });

  it('to a folder where a file should be is refused', () => {
    expect(said({ 'services/b.yaml': { link: '../versions' } })).toMatchInlineSnapshot(
      `"services/b.yaml:1:1: this link leads to nothing: versions"`,
    );
  });
});

describe('a file', () => {
  it('that does not end in .yaml is refused where it was meant to be read', () => {
    expect(said({ 'services/b.yml': 'image: api\n' })).toMatchInlineSnapshot(`
      "services/b.yml:1:1: files of states end in .yaml
       1 | image: api
         | ^
          = rename it to services/b.yaml"
    `);
  });

  it('in a further folder is refused', () => {
    expect(said({ 'services/x/b.yaml': 'image: api\n' })).toMatchInlineSnapshot(`
      "services/x/b.yaml:1:1: files below services/ stand in no further folder
       1 | image: api
         | ^
          = move it to services/"
    `);
  });

  it('that is no YAML is not read', () => {
    expect(
      said({
        'services/README.md': '# Services',
        'services/x/notes.txt': '',
        'services/.keep': '',
      }),
    ).toMatchInlineSnapshot(`""`);
  });

  it('with a name that cannot be one is refused', () => {
    expect(said({ 'services/My_Api.yaml': 'image: api\n' })).toMatchInlineSnapshot(`
      "services/My_Api.yaml:1:1: "My_Api" cannot be the name of a service
       1 | image: api
         | ^
          = rename the file: 1 to 40 of a-z, 0-9 and -, with - only in between"
    `);
  });

  it('with the name of what is ignored is refused', () => {
    expect(said({ 'environments/x-ray.yaml': 'hosts: a\n' })).toMatchInlineSnapshot(`
      "environments/x-ray.yaml:1:1: the name of an environment cannot begin with \`x-\`
       1 | hosts: a
         | ^
          = rename the file"
    `);
  });

  it('brine.yaml that is not there is missed', () => {
    expect(said({ 'brine.yaml': null })).toMatchInlineSnapshot(`
      "brine.yaml:1:1: there is no brine.yaml
          = write one with \`project: <name>\` and the \`images\` that services run"
    `);
  });
});
