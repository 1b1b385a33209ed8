import { ComputeDisk } from '@cdktf/provider-google/lib/compute-disk';
import { Construct } from 'constructs';
import { MachineType } from '../catalog';
import { requireCount, requireForm, requireName, requireOneOf, requireZones } from './checks';
import { Project } from './project';
import { Refusal, refusing } from '../common/refusal';

const TYPES = ['pd-balanced', 'pd-ssd', 'hyperdisk-ml'] as const;

export interface WeightsDiskProps {
  readonly project: Project;
  readonly name: string;
  readonly zone: string;
  readonly diskType: typeof TYPES[number];
  readonly sizeGib: number;
  /** An image or a snapshot that holds the weights: `projects/PROJECT/global/images/NAME`, `projects/PROJECT/global/snapshots/NAME`. */
  readonly source: string;
  /** The machine that reads it. */
  readonly machineType: MachineType;
}

/** A disk of weights that is made before the cluster reads it, from an image or a snapshot; read-only for all its nodes. */
export class WeightsDisk extends Construct {
  readonly disk: ComputeDisk;

  /** @throws on a disk that the machine does not attach, and on a size or source that cannot be */
  constructor(scope: Construct, id: string, props: WeightsDiskProps) {
    super(scope, id);
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
