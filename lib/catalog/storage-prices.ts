/** What keeping weights costs where it is known, from the price tables of us-central1. */
export const STORAGE_PRICES = {
  date: '2026-09-20',
  /** US dollars of a GiB in a month, by the type of disk, and of a bucket's standard class. */
  gibMonthUsd: {
    // $0.000027397 a GiB and hour: https://cloud.google.com/storage/pricing
    bucket: 0.02,
    // 200 GiB are $34.00 a month: https://cloud.google.com/compute/disks-image-pricing
    'pd-ssd': 0.17,
    // https://c3x.dev/blog/gcp-persistent-disk-types-cost/
    'pd-balanced': 0.1,
  } as { readonly [kind: string]: number | undefined },
} as const;
