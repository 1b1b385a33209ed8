import { Accelerator } from './accelerator';
import {
  A2_HIGH_ZONES, A2_MEGA_ZONES, A2_ULTRA_ZONES, A3_HIGH_8G_ZONES, A3_HIGH_ZONES, A3_ULTRA_ZONES, A4_ZONES, G2_ZONES, T4_ZONES,
} from './gpu-zones';
import { MachineTypeProps } from './machine-type-props';
import { GIB } from '../common/bytes';

// GPUs, vCPUs, memory, local SSD: https://docs.cloud.google.com/compute/docs/accelerator-optimized-machines,
// https://docs.cloud.google.com/compute/docs/gpus and https://docs.cloud.google.com/compute/docs/disks/local-ssd.
// Data disks: kubernetes-sigs/gcp-compute-persistent-disk-csi-driver deploy/kubernetes/overlays/node-labeler/configmap.yaml@b560165c35
// and https://docs.cloud.google.com/compute/docs/disks/hyperdisks.
// Provisioning: https://docs.cloud.google.com/compute/docs/instances/provisioning-models.

const ANY_PROVISIONING = ['on-demand', 'spot', 'flex-start', 'reservation'];
/** On-demand capacity of these comes with a reservation only. */
const NOT_ON_DEMAND = ['spot', 'flex-start', 'reservation'];

/** On demand: https://cloud.google.com/products/compute/pricing/accelerator-optimized, us-central1, at that date. */
const PRICE_PAGE = { priceDate: '2026-07-22' };
/**
 * kubernetes/autoscaler cluster-autoscaler/cloudprovider/gce/gce_price_info.go@0411d1c8 bears no date: this is the day it was read.
 */
const PRICE_SOURCE_CODE = { priceDate: '2026-11-21' };

const N1_T4 = {
  ...PRICE_SOURCE_CODE, accelerator: Accelerator.T4, localSsdAutomatic: false, localSsdCounts: [0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 24],
  diskTypes: ['pd-standard', 'pd-balanced', 'pd-ssd', 'pd-extreme'], bootDiskTypes: ['pd-standard', 'pd-balanced', 'pd-ssd'],
  provisioning: ANY_PROVISIONING, zones: T4_ZONES,
};

// Spot: host and GPU summed from the table that the zones come from
const G2 = {
  ...PRICE_PAGE, accelerator: Accelerator.L4, localSsdAutomatic: false,
  diskTypes: ['pd-standard', 'pd-balanced', 'pd-ssd', 'hyperdisk-ml', 'hyperdisk-throughput'], bootDiskTypes: ['pd-balanced', 'pd-ssd'],
  provisioning: ANY_PROVISIONING, zones: G2_ZONES,
};

// g4-standard-6, -12 and -24 carry a slice of one GPU, which GKE gives on explicit request only and whose memory is not measured
const G4 = {
  ...PRICE_PAGE, accelerator: Accelerator.RTX_PRO_6000, localSsdAutomatic: false,
  diskTypes: ['hyperdisk-balanced', 'hyperdisk-balanced-high-availability', 'hyperdisk-extreme', 'hyperdisk-throughput', 'hyperdisk-ml'],
  bootDiskTypes: ['hyperdisk-balanced'], provisioning: ANY_PROVISIONING, zones: [],
};

const A2 = {
  ...PRICE_SOURCE_CODE, diskTypes: ['pd-standard', 'pd-balanced', 'pd-ssd', 'hyperdisk-ml'], bootDiskTypes: ['pd-standard', 'pd-balanced', 'pd-ssd'],
  provisioning: ANY_PROVISIONING,
};
const A2_HIGH = { ...A2, accelerator: Accelerator.A100, localSsdAutomatic: false, zones: A2_HIGH_ZONES };
const A2_ULTRA = { ...A2, accelerator: Accelerator.A100_80GB, localSsdAutomatic: true, zones: A2_ULTRA_ZONES };

// a3-megagpu-8g is left out: its node label is nvidia-h100-mega-80gb, another accelerator to GKE. Spot prices are indicative
const A3_HIGH = {
  ...PRICE_PAGE, accelerator: Accelerator.H100, localSsdAutomatic: true,
  diskTypes: [
    'pd-balanced', 'pd-ssd', 'hyperdisk-balanced', 'hyperdisk-balanced-high-availability', 'hyperdisk-extreme', 'hyperdisk-throughput',
    'hyperdisk-ml',
  ],
  bootDiskTypes: ['pd-balanced', 'pd-ssd', 'hyperdisk-balanced'], provisioning: NOT_ON_DEMAND, zones: A3_HIGH_ZONES,
};

export const MACHINE_TYPES: MachineTypeProps[] = [
  { ...N1_T4, name: 'n1-standard-4', gpus: 1, vcpus: 4, memoryBytes: 15 * GIB, hourlyPriceUsd: 0.54, hourlySpotPriceUsd: 0.15 },
  { ...N1_T4, name: 'n1-standard-4', gpus: 2, vcpus: 4, memoryBytes: 15 * GIB, hourlyPriceUsd: 0.89, hourlySpotPriceUsd: 0.26 },
  { ...N1_T4, name: 'n1-standard-4', gpus: 4, vcpus: 4, memoryBytes: 15 * GIB, hourlyPriceUsd: 1.59, hourlySpotPriceUsd: 0.48 },
  { ...N1_T4, name: 'n1-standard-8', gpus: 1, vcpus: 8, memoryBytes: 30 * GIB, hourlyPriceUsd: 0.73, hourlySpotPriceUsd: 0.19 },
  { ...N1_T4, name: 'n1-standard-8', gpus: 2, vcpus: 8, memoryBytes: 30 * GIB, hourlyPriceUsd: 1.08, hourlySpotPriceUsd: 0.30 },
  { ...N1_T4, name: 'n1-standard-8', gpus: 4, vcpus: 8, memoryBytes: 30 * GIB, hourlyPriceUsd: 1.78, hourlySpotPriceUsd: 0.52 },
  { ...N1_T4, name: 'n1-standard-16', gpus: 1, vcpus: 16, memoryBytes: 60 * GIB, hourlyPriceUsd: 1.11, hourlySpotPriceUsd: 0.27 },
  { ...N1_T4, name: 'n1-standard-16', gpus: 2, vcpus: 16, memoryBytes: 60 * GIB, hourlyPriceUsd: 1.46, hourlySpotPriceUsd: 0.38 },
  { ...N1_T4, name: 'n1-standard-16', gpus: 4, vcpus: 16, memoryBytes: 60 * GIB, hourlyPriceUsd: 2.16, hourlySpotPriceUsd: 0.60 },
  { ...N1_T4, name: 'n1-standard-32', gpus: 1, vcpus: 32, memoryBytes: 120 * GIB, hourlyPriceUsd: 1.87, hourlySpotPriceUsd: 0.43 },
  { ...N1_T4, name: 'n1-standard-32', gpus: 2, vcpus: 32, memoryBytes: 120 * GIB, hourlyPriceUsd: 2.22, hourlySpotPriceUsd: 0.54 },
  { ...N1_T4, name: 'n1-standard-32', gpus: 4, vcpus: 32, memoryBytes: 120 * GIB, hourlyPriceUsd: 2.92, hourlySpotPriceUsd: 0.76 },

  { ...G2, name: 'g2-standard-4', gpus: 1, vcpus: 4, memoryBytes: 16 * GIB, localSsdCounts: [0, 1], hourlyPriceUsd: 0.708, hourlySpotPriceUsd: 0.282 },
  { ...G2, name: 'g2-standard-8', gpus: 1, vcpus: 8, memoryBytes: 32 * GIB, localSsdCounts: [0, 1], hourlyPriceUsd: 0.854, hourlySpotPriceUsd: 0.341 },
  { ...G2, name: 'g2-standard-12', gpus: 1, vcpus: 12, memoryBytes: 48 * GIB, localSsdCounts: [0, 1], hourlyPriceUsd: 1.000, hourlySpotPriceUsd: 0.399 },
  { ...G2, name: 'g2-standard-16', gpus: 1, vcpus: 16, memoryBytes: 64 * GIB, localSsdCounts: [0, 1], hourlyPriceUsd: 1.146, hourlySpotPriceUsd: 0.458 },
  { ...G2, name: 'g2-standard-32', gpus: 1, vcpus: 32, memoryBytes: 128 * GIB, localSsdCounts: [0, 1], hourlyPriceUsd: 1.729, hourlySpotPriceUsd: 0.693 },
  { ...G2, name: 'g2-standard-24', gpus: 2, vcpus: 24, memoryBytes: 96 * GIB, localSsdCounts: [0, 2], hourlyPriceUsd: 2.000, hourlySpotPriceUsd: 0.799 },
  { ...G2, name: 'g2-standard-48', gpus: 4, vcpus: 48, memoryBytes: 192 * GIB, localSsdCounts: [0, 4], hourlyPriceUsd: 4.000, hourlySpotPriceUsd: 1.597 },
  { ...G2, name: 'g2-standard-96', gpus: 8, vcpus: 96, memoryBytes: 384 * GIB, localSsdCounts: [0, 8], hourlyPriceUsd: 7.999, hourlySpotPriceUsd: 3.195 },

  { ...G4, name: 'g4-standard-48', gpus: 1, vcpus: 48, memoryBytes: 180 * GIB, localSsdCounts: [0, 4], hourlyPriceUsd: 4.50 },
  { ...G4, name: 'g4-standard-96', gpus: 2, vcpus: 96, memoryBytes: 360 * GIB, localSsdCounts: [0, 8], hourlyPriceUsd: 9.00 },
  { ...G4, name: 'g4-standard-192', gpus: 4, vcpus: 192, memoryBytes: 720 * GIB, localSsdCounts: [0, 16], hourlyPriceUsd: 18.00 },
  { ...G4, name: 'g4-standard-384', gpus: 8, vcpus: 384, memoryBytes: 1440 * GIB, localSsdCounts: [0, 32], hourlyPriceUsd: 36.00 },

  {
    ...A2_HIGH, name: 'a2-highgpu-1g', gpus: 1, vcpus: 12, memoryBytes: 85 * GIB, localSsdCounts: [0, 1, 2, 4, 8],
    hourlyPriceUsd: 3.673, hourlySpotPriceUsd: 1.102,
  },
  {
    ...A2_HIGH, name: 'a2-highgpu-2g', gpus: 2, vcpus: 24, memoryBytes: 170 * GIB, localSsdCounts: [0, 2, 4, 8],
    hourlyPriceUsd: 7.347, hourlySpotPriceUsd: 2.204,
  },
  {
    ...A2_HIGH, name: 'a2-highgpu-4g', gpus: 4, vcpus: 48, memoryBytes: 340 * GIB, localSsdCounts: [0, 4, 8],
    hourlyPriceUsd: 14.694, hourlySpotPriceUsd: 4.408,
  },
  {
    ...A2_HIGH, name: 'a2-highgpu-8g', gpus: 8, vcpus: 96, memoryBytes: 680 * GIB, localSsdCounts: [0, 8],
    hourlyPriceUsd: 29.387, hourlySpotPriceUsd: 8.816,
  },
  {
    ...A2_HIGH, name: 'a2-megagpu-16g', gpus: 16, vcpus: 96, memoryBytes: 1360 * GIB, localSsdCounts: [0, 8], zones: A2_MEGA_ZONES,
    hourlyPriceUsd: 55.74, hourlySpotPriceUsd: 16.722,
  },

  { ...A2_ULTRA, name: 'a2-ultragpu-1g', gpus: 1, vcpus: 12, memoryBytes: 170 * GIB, localSsdCounts: [1], hourlyPriceUsd: 5.069, hourlySpotPriceUsd: 1.6 },
  { ...A2_ULTRA, name: 'a2-ultragpu-2g', gpus: 2, vcpus: 24, memoryBytes: 340 * GIB, localSsdCounts: [2], hourlyPriceUsd: 10.138, hourlySpotPriceUsd: 3.2 },
  { ...A2_ULTRA, name: 'a2-ultragpu-4g', gpus: 4, vcpus: 48, memoryBytes: 680 * GIB, localSsdCounts: [4], hourlyPriceUsd: 20.275, hourlySpotPriceUsd: 6.4 },
  { ...A2_ULTRA, name: 'a2-ultragpu-8g', gpus: 8, vcpus: 96, memoryBytes: 1360 * GIB, localSsdCounts: [8], hourlyPriceUsd: 40.550, hourlySpotPriceUsd: 12.8 },

  { ...A3_HIGH, name: 'a3-highgpu-1g', gpus: 1, vcpus: 26, memoryBytes: 234 * GIB, localSsdCounts: [2], hourlyPriceUsd: 11.061, hourlySpotPriceUsd: 4.46 },
  { ...A3_HIGH, name: 'a3-highgpu-2g', gpus: 2, vcpus: 52, memoryBytes: 468 * GIB, localSsdCounts: [4], hourlyPriceUsd: 22.123, hourlySpotPriceUsd: 8.92 },
  { ...A3_HIGH, name: 'a3-highgpu-4g', gpus: 4, vcpus: 104, memoryBytes: 936 * GIB, localSsdCounts: [8], hourlyPriceUsd: 44.245, hourlySpotPriceUsd: 17.84 },
  {
    ...A3_HIGH, name: 'a3-highgpu-8g', gpus: 8, vcpus: 208, memoryBytes: 1872 * GIB, localSsdCounts: [16], hourlyPriceUsd: 88.49,
    hourlySpotPriceUsd: 35.67, provisioning: ANY_PROVISIONING, zones: A3_HIGH_8G_ZONES,
  },

  // Hyperdisk ML and persistent disk are left out: Google's tables disagree on A3 Ultra, and only Hyperdisk Balanced is in all of them.
  // No list price of H200 is published
  {
    name: 'a3-ultragpu-8g', accelerator: Accelerator.H200, gpus: 8, vcpus: 224, memoryBytes: 2952 * GIB, localSsdCounts: [32],
    localSsdAutomatic: true, diskTypes: ['hyperdisk-balanced'], bootDiskTypes: ['hyperdisk-balanced'], provisioning: NOT_ON_DEMAND,
    zones: A3_ULTRA_ZONES,
  },
  {
    ...PRICE_PAGE, name: 'a4-highgpu-8g', accelerator: Accelerator.B200, gpus: 8, vcpus: 224, memoryBytes: 3968 * GIB, localSsdCounts: [32],
    localSsdAutomatic: true, diskTypes: ['hyperdisk-balanced', 'hyperdisk-extreme', 'hyperdisk-ml'], bootDiskTypes: ['hyperdisk-balanced'],
    provisioning: NOT_ON_DEMAND, zones: A4_ZONES, hourlyPriceUsd: 90.22,
  },
];
