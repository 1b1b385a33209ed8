import { VllmServer } from './vllm-server';

/** What picks the server for each request, by its cache and its queue. */
export interface EndpointPicker {
  /** Name of the picker's Service, in the namespace of the server. */
  readonly serviceName: string;
  /**
   * Port of the picker's gRPC service, 1 to 65535.
   * @default 9002
   */
  readonly port?: number;
}

/** Props of `InferenceGateway`. */
export interface InferenceGatewayProps {
  /** The server that it leads to. */
  readonly server: VllmServer;
  /**
   * Who reaches its address: `internal` the network of the cluster, `regional` and `global` everybody. Everybody needs a certificate, and
   * Identity-Aware Proxy or the server's key.
   * @default 'internal'
   */
  readonly exposure?: 'internal' | 'regional' | 'global';
  /**
   * Addresses of the region's proxies, its proxy-only subnet, for example `10.9.0.0/23`; `internal` and `regional` need it.
   * @default - none: it is `global`
   */
  readonly proxyCidr?: string;
  /**
   * Names that clients call, for example `llm.example.com`.
   * @default - any
   */
  readonly hosts?: readonly string[];
  /**
   * Name of a reserved address, such as that of `GatewayAccess`.
   * @default - a new address, that goes with the gateway
   */
  readonly addressName?: string;
  /**
   * Name of a certificate in Google Cloud, such as that of `GatewayAccess`.
   * @default - HTTP without encryption, for `internal` only
   */
  readonly certificateName?: string;
  /**
   * Whether callers have to pass Identity-Aware Proxy.
   * @default false
   */
  readonly identityAwareProxy?: boolean;
  /**
   * Seconds after which the gateway cuts a request off, 1 to 3,600. Google's own 30 would cut off long answers.
   * @default - 300, or the server's longest answer if that is longer
   */
  readonly timeoutSeconds?: number;
  /**
   * Endpoint picker of the Gateway API inference extension; then the route leads to an InferencePool of the server's pods.
   * @default - none: requests go to the pods in turn
   */
  readonly endpointPicker?: EndpointPicker;
  /**
   * Name of every object, a DNS label of at most 53 characters.
   * @default - the server's, with -gateway
   */
  readonly name?: string;
}
