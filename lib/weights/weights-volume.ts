import { Construct } from 'constructs';
import { Model } from '../catalog';
import { k8s } from '../pods/k8s';
import { revisionOf } from './model-directory';
import { IWeightsStorage, WEIGHTS_PATH, WEIGHTS_VOLUME, WeightsBinding, WeightsBindingProps } from './weights-binding';
import { requirePropsOf } from '../common/props';

/** Props of `WeightsVolume`. */
export interface WeightsVolumeProps {
  /** The model whose weights are read. */
  readonly model: Model;
  /** The storage that they are read from. */
  readonly storage: IWeightsStorage;
}

/** The weights of one model on one storage, as pods mount them: read-only, the model's files at `mountPath`. */
export class WeightsVolume extends Construct {
  /** The model whose weights are read. */
  readonly model: Model;
  /** The storage that they are read from. */
  readonly storage: IWeightsStorage;
  /** Folder of the container that holds the model's files. */
  readonly mountPath = WEIGHTS_PATH;
  /** Commit or branch that pods insist on. */
  readonly revision: string;

  constructor(scope: Construct, id: string, props: WeightsVolumeProps) {
    super(scope, id);
    requirePropsOf(this, 'WeightsVolumeProps', props);
    this.model = props.model;
    this.storage = props.storage;
    this.revision = revisionOf(props.model);
  }

  /** Mount of the volume in a container, read-only. */
  get mount(): k8s.VolumeMount {
    return { name: WEIGHTS_VOLUME, mountPath: this.mountPath, readOnly: true };
  }

  /** Makes what the volume of one pod needs, and returns the pod's part. */
  bind(props: Omit<WeightsBindingProps, 'model'>): WeightsBinding {
    return this.storage.bind(this, { ...props, model: this.model });
  }

  /** Arguments of the program that refuses weights which are missing, incomplete or of another revision. */
  get checkArguments(): string[] {
    return [this.mountPath, this.model.id, this.revision];
  }
}
