import { Construct } from 'constructs';
import { Model } from '../catalog';
import { k8s } from '../pods/k8s';
import { revisionOf } from './model-directory';
import { IWeightsStorage, WEIGHTS_PATH, WEIGHTS_VOLUME, WeightsBinding, WeightsBindingProps } from './weights-binding';

export interface WeightsVolumeProps {
  readonly model: Model;
  readonly storage: IWeightsStorage;
}

/** The weights of one model on one storage, as pods mount them: read-only, the model's files at `mountPath`. */
export class WeightsVolume extends Construct {
  readonly model: Model;
  readonly storage: IWeightsStorage;
  readonly mountPath = WEIGHTS_PATH;
  /** Commit or branch that pods insist on. */
  readonly revision: string;

  constructor(scope: Construct, id: string, props: WeightsVolumeProps) {
    super(scope, id);
    this.model = props.model;
    this.storage = props.storage;
    this.revision = revisionOf(props.model);
  }

  get mount(): k8s.VolumeMount {
    return { name: WEIGHTS_VOLUME, mountPath: this.mountPath, readOnly: true };
  }

  /** Makes what one pod's volume needs. */
  bind(props: Omit<WeightsBindingProps, 'model'>): WeightsBinding {
    return this.storage.bind(this, { ...props, model: this.model });
  }

  /** The arguments of the program that refuses weights which are missing, incomplete or of another revision. */
  get checkArguments(): string[] {
    return [this.mountPath, this.model.id, this.revision];
  }
}
