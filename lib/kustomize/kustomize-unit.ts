import { ApiObject, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { PROGRAMS } from './program-folders';
import { DnsName } from '../common/dns-name';
import { Refusal } from '../common/refusal';

export interface KustomizeUnitProps {
  /** The folder below the output folder: one point of the matrix, such as `l4-gcs`, or `cluster`. */
  readonly cell: string;

  /**
   * The folder below the cell, such as `server`.
   * @default - the objects stand in the cell's folder itself
   */
  readonly unit?: string;

  /** The namespace of every namespaced object of the unit. */
  readonly namespace: string;

  /**
   * Whether `kubectl apply -k <cell>` applies the unit. It can always be applied alone.
   * @default true
   */
  readonly applyWithCell?: boolean;

  /**
   * Labels of every object of the unit.
   * @default - none
   */
  readonly labels?: Record<string, string>;
}

/**
 * A chart that becomes one folder which applies alone. Names come from `metadata.name` only: a construct may be renamed
 * or moved without a change in what is applied.
 */
export class KustomizeUnit extends Chart {
  /** `instanceof` does not tell: cdk8s makes it true for every chart. */
  public static isUnit(construct: unknown): construct is KustomizeUnit {
    return Chart.isChart(construct) && 'applyWithCell' in construct;
  }

  public readonly cell: string;
  public readonly unit?: string;
  public readonly applyWithCell: boolean;

  constructor(scope: Construct, id: string, props: KustomizeUnitProps) {
    super(scope, id, { namespace: props.namespace, labels: props.labels, disableResourceNameHashes: true });
    this.cell = props.cell;
    this.unit = props.unit;
    this.applyWithCell = props.applyWithCell ?? true;
    if (props.cell === PROGRAMS) {
      throw new Refusal(`KustomizeUnit '${id}': cell '${PROGRAMS}' is the folder of the programs that the cells share; choose another name`);
    }
    for (const [prop, value] of Object.entries({ cell: props.cell, unit: props.unit, namespace: props.namespace })) {
      if (value !== undefined && !DnsName.LABEL.accepts(value)) {
        throw new Refusal(`KustomizeUnit '${id}': ${prop} ${DnsName.LABEL.explain(value)}`, { path: this.node.path });
      }
    }
  }

  /** The unit's folder, relative to the output folder. */
  public get folder(): string {
    return this.unit === undefined ? this.cell : `${this.cell}/${this.unit}`;
  }

  public override generateObjectName(object: ApiObject): string {
    throw new Refusal(`KustomizeUnit '${this.node.id}': ${object.kind} '${object.node.path}' has no metadata.name. `
      + 'Give it one: a name made from construct ids would change, and the object be replaced, when a construct moves');
  }
}
