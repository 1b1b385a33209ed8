/** What every node has, also one that GKE makes by itself. */
export const SHIELDED_NODE = { shieldedInstanceConfig: { enableSecureBoot: true, enableIntegrityMonitoring: true } };

/** Pods get tokens of their own from GKE's metadata server, and never the node's. */
export const GKE_METADATA = { workloadMetadataConfig: { mode: 'GKE_METADATA' } };

/** The system of a node; what its account may do is decided by roles, and not by scopes. */
export const NODE_SYSTEM = { imageType: 'COS_CONTAINERD', oauthScopes: ['https://www.googleapis.com/auth/cloud-platform'] };
