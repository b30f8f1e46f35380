// Kinds of values that name something: services, images and their versions, what tests run.

import { isName, parseEnvironmentName, parseReleaseId, parseServiceName } from '../ids.ts';
import { parseDigest, parseRepository, parseTag } from '../image-name.ts';
import { quoted, right, wrong } from '../parsed.ts';
import { parseTemplate } from '../template.ts';
import { fixed, text, type Kind } from './kind.ts';

export const repository = fixed(text('the repository of an image', {}, parseRepository));
export const digest = fixed(text('a digest', { pattern: '^sha256:[0-9a-f]{64}$' }, parseDigest));
export const tag = fixed(text('text', { pattern: '^\\w[\\w.-]{0,127}$' }, parseTag));

export const commit = fixed(
  text('text', { pattern: '^[0-9a-f]{7,64}$' }, (raw) =>
    /^[0-9a-f]{7,64}$/.test(raw)
      ? right(raw)
      : wrong(`${quoted(raw)} is not a commit`, 'write 7 to 64 hexadecimal digits'),
  ),
);

export const release = fixed(
  text('text', { pattern: '^[0-9a-f]{8}$' }, (raw) => {
    const id = parseReleaseId(raw);
    return id === undefined
      ? wrong(`${quoted(raw)} is not a release`, 'write its 8 hexadecimal digits')
      : right(id);
  }),
);

const nameHint = '1 to 40 of a-z, 0-9 and -, with - only in between';
export const namePattern = '^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$';

const nameOf = <T extends string>(what: string, parse: (raw: string) => T | undefined) =>
  fixed(
    text<T>(`the name of ${what}`, { pattern: namePattern }, (raw) => {
      const name = parse(raw);
      return name === undefined ? wrong(`${quoted(raw)} is not a name`, nameHint) : right(name);
    }),
  );

const anyName = (raw: string): string | undefined => (isName(raw) ? raw : undefined);

export const projectName = nameOf('a project', anyName);
export const imageName = nameOf('an image', anyName);
export const testName = nameOf('a test', anyName);
export const serviceName = nameOf('a service', parseServiceName);
export const environmentName = nameOf('an environment', parseEnvironmentName);

export const testUrl = text('a URL', { pattern: '^https?://' }, (raw) => {
  const url = URL.parse(raw);
  return url?.protocol === 'http:' || url?.protocol === 'https:'
    ? right(raw)
    : wrong(`${quoted(raw)} is not a URL`, 'write http://…, like "http://${host.address}:8080/up"');
});

/** `${image.api}`: a test runs a version that is pinned. */
export const testImage: Kind<string> = {
  takes: 'an image like "${image.api}"',
  json: { type: 'string', pattern: '^\\$\\{image\\.[a-z0-9-]+\\}$' },
  parse: (raw) => {
    if (typeof raw !== 'string') return undefined;
    const [only, ...more] = parseTemplate(raw);
    const name = typeof only === 'object' && 'name' in only && more.length === 0 ? only.name : '';
    return name.startsWith('image.')
      ? right(name.slice('image.'.length))
      : wrong(`${quoted(raw)} is not an image of brine.yaml`, 'write "${image.<name>}"');
  },
  references: 'own',
};

const trackCharsMax = 200;

export const semverRange = fixed(
  text('a range of versions like ">=1.0.0"', { minLength: 1 }, (raw) =>
    raw.length <= trackCharsMax && /^[\s\d.xX*<>=~^|v+A-Za-z-]+$/.test(raw) && /[\dxX*]/.test(raw)
      ? right(raw)
      : wrong(`${quoted(raw)} is not a range of versions`, 'write it like ">=1.0.0" or "^2.1"'),
  ),
);

export const tagPattern = fixed(
  text('a regular expression', { format: 'regex' }, (raw) => {
    if (raw.length > trackCharsMax) return wrong(`this is longer than ${trackCharsMax} characters`);
    try {
      return right(new RegExp(raw).source);
    } catch {
      return wrong(
        `${quoted(raw)} is not a regular expression`,
        'write it like "^main-[0-9a-f]{7}$"',
      );
    }
  }),
);

export const envName = {
  pattern: '^[A-Za-z_][A-Za-z0-9_.-]{0,254}$',
  check: (raw: string) =>
    /^[A-Za-z_][A-Za-z0-9_.-]{0,254}$/.test(raw)
      ? right(raw)
      : wrong(
          `${quoted(raw)} is not the name of an environment variable`,
          'write letters, digits and _, a letter first',
        ),
};

export const jobName = {
  pattern: namePattern,
  check: (raw: string) =>
    isName(raw) ? right(raw) : wrong(`${quoted(raw)} is not the name of a job`, nameHint),
};
