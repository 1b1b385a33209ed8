/** The largest whole number from 1 to `most` of which that is true, as all below it are; 0 where it is true of none. */
export function largestKept(most: number, keeps: (count: number) => boolean): number {
  let [kept, lost] = [0, most + 1];
  while (lost - kept > 1) {
    const middle = Math.floor((kept + lost) / 2);
    [kept, lost] = keeps(middle) ? [middle, lost] : [kept, middle];
  }
  return kept;
}
