// The steps of one host's plan as lines: a sign, what is done, to what, and why.

import type { ContainerSpec, Healthcheck, PinnedImage } from '../../../states/model.ts';
import type { Step } from '../../../states/step.ts';
import type { Page } from './plan.ts';
import { cut, fit, harmless } from './text.ts';
import { duration } from './time.ts';

export function stepLines(step: Step, page: Page): string[] {
  const { sign, verb, subject } = words(step);
  const { style } = page;
  const space = page.width - 16;
  const reason = harmless(step.reason);
  const what = harmless(subject);
  const together = what.length + reason.length + 3 <= space;
  const head = `    ${paint(sign, page)} ${fit(verb, 9)} `;
  const lines = together
    ? [`${head}${what}${reason === '' ? '' : style.dim(` — ${reason}`)}`]
    : [`${head}${cut(what, space)}`, `${' '.repeat(16)}${style.dim(cut(`— ${reason}`, space))}`];
  return lines;
}

interface Words {
  readonly sign: '+' | '-' | '↓' | '▸' | '?';
  readonly verb: string;
  readonly subject: string;
}

function words(step: Step): Words {
  switch (step.do) {
    case 'create-network':
      return { sign: '+', verb: 'network', subject: step.network };
    case 'create-volume':
      return { sign: '+', verb: 'volume', subject: step.volume };
    case 'pull':
      return { sign: '↓', verb: 'pull', subject: imageName(step.image) };
    case 'run-job':
      return { sign: '▸', verb: 'run', subject: `job ${step.job.name} of ${step.service}` };
    case 'create':
      return { sign: '+', verb: 'create', subject: step.container };
    case 'start':
      return { sign: '▸', verb: 'start', subject: step.container };
    case 'restart':
      return { sign: '▸', verb: 'restart', subject: step.container };
    case 'await-healthy':
      return { sign: '?', verb: 'healthy', subject: healthWords(step.spec) };
    case 'stop':
      return {
        sign: '-',
        verb: 'stop',
        subject: `${step.container}, within ${duration(step.timeoutMs)}`,
      };
    case 'remove':
      return { sign: '-', verb: 'remove', subject: step.container };
    case 'remove-network':
      return { sign: '-', verb: 'remove', subject: `network ${step.network}` };
  }
}

const paint = (sign: Words['sign'], { style }: Page): string => {
  if (sign === '+' || sign === '▸') return style.good(sign);
  return sign === '-' ? style.bad(sign) : style.busy(sign);
};

const imageName = (image: PinnedImage): string =>
  `${image.name} ${image.tag} ${image.digest.slice(0, 'sha256:'.length + 12)}`;

function healthWords(spec: ContainerSpec): string {
  const held = `for ${duration(spec.minHealthyMs)}`;
  return `${spec.service} ${probeWords(spec.healthcheck)} ${held}`;
}

function probeWords(check: Healthcheck): string {
  switch (check.kind) {
    case 'http':
      return `http :${check.port}${check.path}`;
    case 'tcp':
      return `tcp :${check.port}`;
    case 'exec':
      return 'by its command';
    case 'image':
      return "by its image's check";
    case 'none':
      return 'stays up';
  }
}
