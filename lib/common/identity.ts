/** Something that a Kubernetes service account may do in Google Cloud. */
export interface Grant {
  /** A predefined role, for example `roles/storage.objectViewer`. */
  readonly role: string;
  /** The bucket that the role is limited to. @default - the project: for what has no smaller resource */
  readonly bucket?: string;
}

export interface ServiceIdentityProps {
  readonly namespace: string;
  readonly serviceAccountName: string;
  /** @default - nothing */
  readonly grants?: readonly Grant[];
}

/** A workload's identity: read by its pods and by the cloud layer that grants it its roles, so that the two agree. */
export class ServiceIdentity {
  readonly namespace: string;
  readonly serviceAccountName: string;
  readonly grants: readonly Grant[];

  constructor(props: ServiceIdentityProps) {
    this.namespace = props.namespace;
    this.serviceAccountName = props.serviceAccountName;
    this.grants = props.grants ?? [];
  }
}
