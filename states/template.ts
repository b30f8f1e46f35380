// `${…}` inside a text: where references stand and what they name. `$${` is a plain `${`.

export interface Reference {
  /** As written, with its braces. */
  readonly raw: string;
  /** What stands between them: `vars.api_port`. */
  readonly name: string;
}

export interface BadReference {
  readonly raw: string;
  readonly problem: string;
  readonly hint?: string;
}

export type TemplatePart = string | Reference | BadReference;

export const hasReference = (text: string): boolean => text.includes('${');

const namePattern = /^[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_][A-Za-z0-9._/-]*)?$/;

export function parseTemplate(text: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  let plain = '';
  let at = 0;
  while (at < text.length) {
    if (text.startsWith('$${', at)) {
      plain += '${';
      at += 3;
    } else if (text.startsWith('${', at)) {
      const end = text.indexOf('}', at);
      if (plain !== '') parts.push(plain);
      plain = '';
      parts.push(reference(text.slice(at, end < 0 ? undefined : end + 1), end >= 0));
      at = end < 0 ? text.length : end + 1;
    } else {
      const next = text.indexOf('$', at + 1);
      plain += text.slice(at, next < 0 ? undefined : next);
      at = next < 0 ? text.length : next;
    }
  }
  return plain === '' ? parts : [...parts, plain];
}

function reference(raw: string, closed: boolean): Reference | BadReference {
  if (!closed) return { raw, problem: '`${` without a `}`', hint: passOn };
  const name = raw.slice(2, -1);
  if (namePattern.test(name)) return { raw, name };
  const trimmed = name.trim();
  if (trimmed !== name && namePattern.test(trimmed)) {
    return { raw, problem: `\`${raw}\` has spaces in it`, hint: `write \`\${${trimmed}}\`` };
  }
  if (name === '') return { raw, problem: '`${}` names nothing', hint: passOn };
  return { raw, problem: `\`${raw}\` is not a reference`, hint: passOn };
}

const passOn = 'a reference is like `${vars.name}`; write `$${` to pass `${` on as it is';
