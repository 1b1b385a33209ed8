/**
 * The base of a value class that has its props as fields.
 *
 * Props are declared and documented once, in their interface, instead of a second time as fields and a third time as assignments.
 */
export function Facts<Props extends object>(): new (props: Props) => Readonly<Props> {
  return class {
    constructor(props: Props) {
      Object.assign(this, props);
    }
  } as new (props: Props) => Readonly<Props>;
}
