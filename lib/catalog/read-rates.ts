import { MIB } from '../common/bytes';

/**
 * Bytes a second of a bucket mounted with gcsfuse. Four files of 256 MiB, read for the first time with the mount options of `GcsFuse` on
 * two busy cores, 20 ms a request and 100 MiB/s a stream: 2.0 to 2.8 s (`npm run bench:weights`), of which the slower is planned with. A
 * machine with more cores and more network is faster: 3.7 GiB/s for 141 GB on a2-highgpu-8g (GoogleCloudPlatform/accelerated-platforms
 * use-cases/inferencing/cost-optimization/gcsfuse@9320f3b2).
 */
export const BUCKET_BYTES_PER_SECOND = Math.floor(4 * 256 * MIB / 2.8);
