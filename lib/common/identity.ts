import { Grant, leastGrants } from './grant';
import { requireProps } from './props';

/** Props of `ServiceIdentity`. */
export interface ServiceIdentityProps {
  /** Namespace of the service account. */
  readonly namespace: string;
  /** Name of the service account. */
  readonly serviceAccountName: string;
  /**
   * What the identity may do in Google Cloud.
   * @default - nothing
   */
  readonly grants?: readonly Grant[];
  /**
   * Whether the service account is there already: several workloads may share it then, and it gets what all of them need.
   * @default false
   */
  readonly existing?: boolean;
}

/** The identity of a workload: read by its pods and by the cloud layer that grants it what it needs, so that the two agree. */
export class ServiceIdentity {
  /** Namespace of the service account. */
  readonly namespace: string;
  /** Name of the service account. */
  readonly serviceAccountName: string;
  /** What the identity may do in Google Cloud; nothing that another of its grants allows already. */
  readonly grants: readonly Grant[];
  /** Whether the service account is there already, and may be that of several workloads. */
  readonly existing: boolean;

  /** @throws on a folder that is the whole bucket, or that leads out of itself */
  constructor(props: ServiceIdentityProps) {
    requireProps('ServiceIdentityProps', props, 'ServiceIdentity');
    this.namespace = props.namespace;
    this.serviceAccountName = props.serviceAccountName;
    this.grants = leastGrants(props.grants ?? []);
    this.existing = props.existing ?? false;
  }
}
