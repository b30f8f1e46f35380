// What only some containers have, in the words of the Docker Engine. Pure; nothing is said of what was
// not asked for.

import type { ContainerSpec, Limits, Tmpfs } from '../../states/model.ts';

/** Of the body itself. */
export const ownOptions = ({ workingDir, hostname }: ContainerSpec) => ({
  ...(workingDir === undefined ? {} : { WorkingDir: workingDir }),
  ...(hostname === undefined ? {} : { Hostname: hostname }),
});

/** Of its `HostConfig`. */
export const hostOptions = (spec: ContainerSpec) => ({
  ...limitOptions(spec.limits),
  ...(spec.extraHosts && {
    ExtraHosts: Object.entries(spec.extraHosts).map(([name, address]) => `${name}:${address}`),
  }),
  ...(spec.dns && {
    Dns: [...spec.dns.servers],
    DnsSearch: [...spec.dns.search],
    DnsOptions: [...spec.dns.options],
  }),
  ...(spec.capAdd && { CapAdd: [...spec.capAdd] }),
  ...(spec.capDrop && { CapDrop: [...spec.capDrop] }),
  ...(spec.readOnlyRoot && { ReadonlyRootfs: true }),
  ...(spec.init === undefined ? {} : { Init: spec.init }),
  ...(spec.securityOpt && { SecurityOpt: [...spec.securityOpt] }),
  ...(spec.devices && {
    Devices: spec.devices.map(({ host, container, permissions }) => ({
      PathOnHost: host,
      PathInContainer: container,
      CgroupPermissions: permissions,
    })),
  }),
  ...(spec.logging && {
    LogConfig: { Type: spec.logging.driver, Config: { ...spec.logging.options } },
  }),
});

const limitOptions = ({ pids, shmBytes, ulimits }: Limits) => ({
  ...(pids === undefined ? {} : { PidsLimit: pids }),
  ...(shmBytes === undefined ? {} : { ShmSize: shmBytes }),
  ...(ulimits && {
    Ulimits: Object.entries(ulimits).map(([name, { soft, hard }]) => ({
      Name: name,
      Soft: soft,
      Hard: hard,
    })),
  }),
});

/** Stands among the mounts. */
export const tmpfsOf = ({ target, sizeBytes, mode }: Tmpfs) => ({
  Type: 'tmpfs',
  Target: target,
  TmpfsOptions: {
    ...(sizeBytes === undefined ? {} : { SizeBytes: sizeBytes }),
    ...(mode === undefined ? {} : { Mode: mode }),
  },
});
