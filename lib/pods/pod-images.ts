const images = new WeakMap<object, string>();

/** Notes which image the pods of a workload run on. */
export function noteImage(workload: object, image: string): void {
  images.set(workload, image);
}

/** The image that the pods of a workload run on, if it was noted. */
export function imageOf(workload: object): string | undefined {
  return images.get(workload);
}
