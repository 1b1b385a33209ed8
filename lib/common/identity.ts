import { requireProps } from './props';

/** A role that a Kubernetes service account has in Google Cloud. */
export interface Grant {
  /** Name of a predefined role, for example `roles/storage.objectViewer`. */
  readonly role: string;
  /**
   * Name of the bucket that the role is limited to.
   * @default - the project: for what has no smaller resource
   */
  readonly bucket?: string;
}

/** Props of `ServiceIdentity`. */
export interface ServiceIdentityProps {
  /** Namespace of the service account. */
  readonly namespace: string;
  /** Name of the service account. */
  readonly serviceAccountName: string;
  /**
   * Roles that the identity has in Google Cloud.
   * @default - none
   */
  readonly grants?: readonly Grant[];
}

/** The identity of a workload: read by its pods and by the cloud layer that grants it its roles, so that the two agree. */
export class ServiceIdentity {
  /** Namespace of the service account. */
  readonly namespace: string;
  /** Name of the service account. */
  readonly serviceAccountName: string;
  /** Roles that the identity has in Google Cloud. */
  readonly grants: readonly Grant[];

  constructor(props: ServiceIdentityProps) {
    requireProps('ServiceIdentityProps', props, 'ServiceIdentity');
    this.namespace = props.namespace;
    this.serviceAccountName = props.serviceAccountName;
    this.grants = props.grants ?? [];
  }
}
