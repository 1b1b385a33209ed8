import { FilestoreInstance } from '@cdktf/provider-google/lib/filestore-instance';
import { Construct } from 'constructs';
import { requireCount, requireForm, requireName, requireOneOf, requireZones } from './checks';
import { Network } from './network';
import { Project } from './project';
import { Refusal, refusing } from '../common/refusal';
import { requirePropsOf } from '../common/props';

interface Tier {
  /** Sizes in GiB. */
  readonly least: number;
  readonly most: number;
  readonly step: number;
  /** Whether it is of a zone, and not of a region. */
  readonly zonal: boolean;
}

/** https://cloud.google.com/filestore/docs/service-tiers */
const TIERS: { readonly [tier in FilestoreTier]: Tier } = {
  BASIC_HDD: { least: 1024, most: 65_433, step: 1, zonal: true },
  BASIC_SSD: { least: 2560, most: 65_433, step: 1, zonal: true },
  ZONAL: { least: 1024, most: 102_400, step: 256, zonal: true },
  REGIONAL: { least: 1024, most: 102_400, step: 256, zonal: false },
  ENTERPRISE: { least: 1024, most: 10_240, step: 256, zonal: false },
};

/**
 * Service tiers of Filestore; they differ in size, speed and availability.
 *
 * @see https://cloud.google.com/filestore/docs/service-tiers
 */
export type FilestoreTier = 'BASIC_HDD' | 'BASIC_SSD' | 'ZONAL' | 'REGIONAL' | 'ENTERPRISE';

/** Props of `Filestore`. */
export interface FilestoreProps {
  /** Project that it is made in. */
  readonly project: Project;
  /** Network that reaches it. */
  readonly network: Network;
  /** Name of the instance: lower case letters, digits and `-`, starting with a letter. */
  readonly name: string;
  /** Service tier of the instance. */
  readonly tier: FilestoreTier;
  /** Size of the share in GiB, within the bounds and steps of the tier. */
  readonly sizeGib: number;
  /**
   * Zone of a zonal tier.
   * @default - none: the tier is regional
   */
  readonly zone?: string;
  /**
   * Name of the share: at most 16 lower case letters, digits and `_`, starting with a letter.
   * @default weights
   */
  readonly shareName?: string;
}

/**
 * A network file share that weights can be read from by many nodes.
 *
 * @throws on an unknown tier, a size that it does not have, and a zone that it lacks or does not take
 */
export class Filestore extends Construct {
  /** The instance, for patches. */
  readonly instance: FilestoreInstance;

  constructor(scope: Construct, id: string, props: FilestoreProps) {
    super(scope, id);
    requirePropsOf(this, 'FilestoreProps', props);
    this.instance = refusing(this, () => this.make(props));
  }

  private make(props: FilestoreProps): FilestoreInstance {
    const { project } = props;
    const tier = TIERS[requireOneOf('tier', props.tier, Object.keys(TIERS) as FilestoreTier[])];
    if (tier.zonal !== (props.zone !== undefined)) {
      throw new Refusal(`tier ${props.tier} is of a ${tier.zonal ? 'zone: give' : 'region: leave out'} 'zone'`);
    }
    const capacityGb = requireCount('sizeGib', props.sizeGib, tier.least, tier.most);
    if (capacityGb % tier.step > 0) {
      throw new Refusal(`'sizeGib' (${capacityGb}) goes in steps of ${tier.step}; use ${Math.ceil(capacityGb / tier.step) * tier.step}`);
    }
    const location = props.zone === undefined ? project.region : requireZones('zone', [props.zone], project.region)[0];
    return new FilestoreInstance(this, 'Resource', {
      project: project.id, name: requireName('name', props.name), location, tier: props.tier, deletionProtectionEnabled: true,
      fileShares: {
        name: requireForm('shareName', props.shareName ?? 'weights', /^[a-z][a-z0-9_]{0,15}$/,
          'must be at most 16 lower case letters, digits and \'_\', starting with a letter'),
        capacityGb,
      },
      networks: [{ network: props.network.network.name, modes: ['MODE_IPV4'], connectMode: 'DIRECT_PEERING' }],
      dependsOn: project.apis('file'),
    });
  }
}
