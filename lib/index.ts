export * from './catalog';
export * from './cells';
export * from './cluster';
export type { FolderGrant, Grant, ProjectGrant } from './common/grant';
export { reachGoogleApis } from './common/google-apis';
export type { GoogleApis, SettingScope } from './common/google-apis';
export * from './common/identity';
export { takeImagesFrom } from './common/image-registry';
export { Refusal } from './common/refusal';
export * from './kustomize';
export * from './planning';
export { PodVolume, ProgramImage } from './pods';
export type {
  ClaimVolumeOptions, ConfigMapKey, ConfigMapVolumeOptions, CsiVolumeOptions, EmptyDirVolumeOptions, KeyVolumeOptions, OutboundProps,
  PodProps, PodVolumeOptions, ProgramFiles, SecretKey,
  SecretVolumeOptions,
} from './pods';
export * from './serving';
export * from './weights';
export * from './workloads';
