import { ComputeDisk } from '@cdktf/provider-google/lib/compute-disk';
import { Construct } from 'constructs';
import { MachineType } from '../catalog';
import { requireCount, requireForm, requireName, requireOneOf, requireZones } from './checks';
import { Project } from './project';
import { Refusal, refusing } from '../common/refusal';
import { requirePropsOf } from '../common/props';

const TYPES: readonly WeightsDiskProps['diskType'][] = ['pd-balanced', 'pd-ssd', 'hyperdisk-ml'];

/** Props of `WeightsDisk`. */
export interface WeightsDiskProps {
  /** Project that it is made in. */
  readonly project: Project;
  /** Name of the disk: lower case letters, digits and `-`, starting with a letter. */
  readonly name: string;
  /** Zone of the disk. */
  readonly zone: string;
  /** Type of the disk, which the machine has to attach. */
  readonly diskType: 'pd-balanced' | 'pd-ssd' | 'hyperdisk-ml';
  /** Size in GiB: from 4 for Hyperdisk ML, from 10 for others, to 65,536. */
  readonly sizeGib: number;
  /** Image or snapshot that holds the weights: `projects/PROJECT/global/images/NAME`, `projects/PROJECT/global/snapshots/NAME`. */
  readonly source: string;
  /** Machine type of the nodes that read it. */
  readonly machineType: MachineType;
}

/**
 * A disk of weights that is made before the cluster reads it, from an image or a snapshot; read-only for all its nodes.
 *
 * @throws on a disk that the machine does not attach, and on a size or source that cannot be
 */
export class WeightsDisk extends Construct {
  /** The disk, for patches. */
  readonly disk: ComputeDisk;

  constructor(scope: Construct, id: string, props: WeightsDiskProps) {
    super(scope, id);
    requirePropsOf(this, 'WeightsDiskProps', props);
    this.disk = refusing(this, () => this.make(props));
  }

  private make(props: WeightsDiskProps): ComputeDisk {
    const { project, machineType, diskType } = props;
    requireOneOf('diskType', diskType, TYPES);
    if (!machineType.attaches(diskType)) {
      throw new Refusal(`'diskType' (${diskType}): ${machineType.name} attaches ${machineType.diskTypes.join(', ')}`);
    }
    const [zone] = requireZones('zone', [props.zone], project.region);
    requireForm('source', props.source, /^projects\/[a-z0-9:.-]+\/global\/(images|snapshots)\/[a-z]([a-z0-9-]*[a-z0-9])?$/,
      'must be projects/PROJECT/global/images/NAME or projects/PROJECT/global/snapshots/NAME');
    const isImage = props.source.includes('/images/');
    return new ComputeDisk(this, 'Resource', {
      project: project.id, name: requireName('name', props.name), zone, type: diskType,
      size: requireCount('sizeGib', props.sizeGib, diskType === 'hyperdisk-ml' ? 4 : 10, 64 * 1024),
      ...(isImage ? { image: props.source } : { snapshot: props.source }),
      // A disk made from something can be Hyperdisk ML for many readers only. https://cloud.google.com/compute/docs/disks/hyperdisks
      accessMode: diskType === 'hyperdisk-ml' ? 'READ_ONLY_MANY' : undefined,
      dependsOn: project.apis('compute'),
    });
  }
}
