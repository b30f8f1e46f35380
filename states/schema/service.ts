// services/<name>.yaml: what to run. The words of Compose where Compose has a word.

import type { z } from 'zod';
import { bounds } from '../bounds.ts';
import { defaults } from '../defaults.ts';
import { labelKeys } from '../naming.ts';
import { quoted, right, wrong } from '../parsed.ts';
import { containerOptions, limitOptions } from './container-options.ts';
import { drainSchema } from './drain.ts';
import { fileOptions } from './config.ts';
import { jobSchema } from './job.ts';
import { rolloutSchema } from './rollout.ts';
import * as kinds from './kinds.ts';
import { anyText, count, onlyTrue } from './kind.ts';
import * as names from './names.ts';
import { leaf, type Reading } from './leaf.ts';
import { networkOptions } from './network.ts';
import { keyed, list, map } from './shape.ts';
import { healthcheckProblems, serviceProblems } from './service-checks.ts';

export function makeServiceSchema(reading: Reading) {
  const value = leaf(reading);
  const word = anyText(bounds.wordCharsMax);
  return map('a service', {
    image: value(names.imageName, { about: 'Name of an image in brine.yaml.' }),
    targets: value(kinds.selector, {
      about: 'Which of the hosts of the environment run it.',
      default: defaults.targets,
    }).exactOptional(),
    ports: list(value(kinds.port, { about: '[address:]host[-last]:container[-last][/udp]' }))
      .exactOptional()
      .describe('Ports of the host that lead into the container.'),
    env: keyed(names.envName, value(anyText(bounds.textCharsMax)))
      .exactOptional()
      .describe('Environment variables of the container.'),
    ...fileOptions(reading),
    volumes: list(
      value(kinds.volume, { about: 'name:/path or /host/path:/path, :ro to read only' }),
      {
        max: bounds.mountsMax,
      },
    )
      .exactOptional()
      .describe('Volumes of the environment and paths of the host, and where they appear.'),
    ...networkOptions(reading),
    command: list(value(word), { min: 1 })
      .exactOptional()
      .describe("Words of the command; the image's own where absent."),
    entrypoint: list(value(word), { min: 1 })
      .exactOptional()
      .describe("Words of the entrypoint; the image's own where absent."),
    user: value(kinds.user, { about: 'User and group inside the container.' }).exactOptional(),
    labels: keyed(labelName, value(anyText(bounds.labelCharsMax)))
      .exactOptional()
      .describe('Labels of the container.'),
    restart: value(kinds.restart, {
      about: 'What Docker does when the container ends.',
      default: defaults.restart,
    }).exactOptional(),
    limits: map('`limits`', {
      memory: value(kinds.memory, { about: 'Memory, in powers of 1024.' }).exactOptional(),
      cpus: value(kinds.cpus, { about: 'CPUs, parts of one too.' }).exactOptional(),
      ...limitOptions(reading),
    })
      .exactOptional()
      .describe('What the container may use; no limit where absent.'),
    healthcheck: healthcheck(reading)
      .exactOptional()
      .describe("How to see that it works; the image's own HEALTHCHECK where absent."),
    stop: map('`stop`', {
      signal: value(kinds.signal, {
        about: 'The signal that asks it to end.',
        default: defaults.stop.signal,
      }).exactOptional(),
      timeout: value(kinds.duration(0), {
        about: 'Time to end by itself before it is killed.',
        default: defaults.stop.timeout,
      }).exactOptional(),
    })
      .exactOptional()
      .describe('How the container is stopped.'),
    drain: drainSchema(reading)
      .exactOptional()
      .describe('What is waited for before an old container is stopped.'),
    needs: list(value(names.serviceName), { max: bounds.needsMax })
      .exactOptional()
      .describe('Services that start before it on the same host, and jobs of its own.'),
    jobs: keyed(names.jobName, jobSchema(reading))
      .exactOptional()
      .describe('Containers that run to their end before anything of a release is switched.'),
    retain: value(count(0, bounds.retainMax), {
      about: 'Stopped predecessors that are kept for going back.',
      default: defaults.retain,
    }).exactOptional(),
    ...containerOptions(reading),
    rollout: rolloutSchema(reading)
      .exactOptional()
      .describe('How hosts are brought to a new version.'),
  }).superRefine((service, context) => {
    if (reading !== 'resolved') return;
    for (const { path, message, hint } of serviceProblems(service)) {
      context.addIssue({ code: 'custom', path: [...path], message, params: { hint } });
    }
  });
}

function healthcheck(reading: Reading) {
  const value = leaf(reading);
  const timing = defaults.healthcheck;
  return map('`healthcheck`', {
    http: value(kinds.httpPath, {
      about: 'Asks the container for this path; 200 to 399 is healthy.',
    }).exactOptional(),
    tcp: value(kinds.tcpPort, { about: 'Connects to this port of the container.' }).exactOptional(),
    exec: list(value(anyText(bounds.wordCharsMax)), { min: 1 })
      .exactOptional()
      .describe('Runs this in the container; exit code 0 is healthy.'),
    image: value(onlyTrue, { about: "The image's own HEALTHCHECK." }).exactOptional(),
    none: value(onlyTrue, { about: 'Healthy while it runs.' }).exactOptional(),
    port: value(kinds.containerPort, {
      about: 'Port of the container for http; the first that is published where absent.',
    }).exactOptional(),
    interval: value(kinds.duration(probeMsMin), {
      about: 'Time between two probes.',
      default: timing.interval,
    }).exactOptional(),
    timeout: value(kinds.duration(probeMsMin), {
      about: 'Time that one probe is given.',
      default: timing.timeout,
    }).exactOptional(),
    start: value(kinds.duration(0), {
      about: 'Time from its start within which it must have become healthy.',
      default: timing.start,
    }).exactOptional(),
    retries: value(count(1, 1_000), {
      about: 'Failures in a row that make it unhealthy.',
      default: timing.retries,
    }).exactOptional(),
  }).superRefine((check, context) => {
    for (const { path, message, hint } of healthcheckProblems(check)) {
      context.addIssue({ code: 'custom', path: [...path], message, params: { hint } });
    }
  });
}

const probeMsMin = 10;

const labelName = {
  pattern: '^(?!brine\\.)[^\\s=]{1,255}$',
  check: (raw: string) => {
    if (raw.startsWith(labelPrefix)) {
      return wrong(`labels that begin with \`${labelPrefix}\` are Brine's own`);
    }
    return /^[^\s=]{1,255}$/.test(raw)
      ? right(raw)
      : wrong(`${quoted(raw)} is not the name of a label`, 'write it without spaces and `=`');
  },
};

const labelPrefix = labelKeys.project.slice(0, labelKeys.project.indexOf('.') + 1);

export type Service = z.output<ReturnType<typeof makeServiceSchema>>;
export type ServiceSchema = ReturnType<typeof makeServiceSchema>;
