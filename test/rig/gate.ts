/** Holds back whoever waits for it until the test opens it, however slow the machine is. */
export class Gate {
  open!: () => void;
  readonly opened = new Promise<void>((resolve) => { this.open = resolve; });
}
