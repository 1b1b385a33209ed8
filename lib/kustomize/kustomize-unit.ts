import { ApiObject, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { PROGRAMS } from './program-folders';
import { DnsName } from '../common/dns-name';
import { Refusal } from '../common/refusal';
import { requireProps } from '../common/props';

/** Props of `KustomizeUnit`. */
export interface KustomizeUnitProps {
  /** Name of the folder below the output folder: one point of the matrix, such as `l4-gcs`, or `cluster`. A DNS label. */
  readonly cell: string;

  /**
   * Name of the folder below the cell, such as `server`: a DNS label.
   * @default - the objects stand in the cell's folder itself
   */
  readonly unit?: string;

  /** Namespace of every namespaced object of the unit: a DNS label. */
  readonly namespace: string;

  /**
   * Whether `kubectl apply -k CELL` applies the unit. It can always be applied alone.
   * @default true
   */
  readonly applyWithCell?: boolean;

  /**
   * Labels of every object of the unit.
   * @default - none
   */
  readonly labels?: Record<string, string>;

  /**
   * Annotations of every object of the unit; what an object says itself stays.
   * @default - none
   */
  readonly annotations?: Record<string, string>;
}

/**
 * A chart that becomes one folder which applies alone. Names come from `metadata.name` only: a construct may be renamed or moved without a
 * change in what is applied.
 *
 * @throws on a cell, unit or namespace that is no DNS label
 */
export class KustomizeUnit extends Chart {
  /** Whether a construct is a unit. `instanceof` does not tell: cdk8s makes it true for every chart. */
  public static isUnit(construct: unknown): construct is KustomizeUnit {
    return Chart.isChart(construct) && 'applyWithCell' in construct;
  }

  /** Name of the folder below the output folder. */
  public readonly cell: string;
  /** Name of the folder below the cell; undefined when the objects stand in the cell's folder itself. */
  public readonly unit?: string;
  /** Whether `kubectl apply -k CELL` applies the unit. */
  public readonly applyWithCell: boolean;
  /** Annotations of every object of the unit. */
  public readonly annotations: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: KustomizeUnitProps) {
    requireProps('KustomizeUnitProps', props, `KustomizeUnit '${id}'`);
    super(scope, id, { namespace: props.namespace, labels: props.labels, disableResourceNameHashes: true });
    this.cell = props.cell;
    this.unit = props.unit;
    this.applyWithCell = props.applyWithCell ?? true;
    this.annotations = { ...props.annotations };
    if (props.cell === PROGRAMS) {
      throw new Refusal(`KustomizeUnit '${id}': cell '${PROGRAMS}' is the folder of the programs that the cells share; choose another name`);
    }
    for (const [prop, value] of Object.entries({ cell: props.cell, unit: props.unit, namespace: props.namespace })) {
      if (value !== undefined && !DnsName.LABEL.accepts(value)) {
        throw new Refusal(`KustomizeUnit '${id}': ${prop} ${DnsName.LABEL.explain(value)}`, { path: this.node.path });
      }
    }
  }

  /** Folder of the unit, relative to the output folder. */
  public get folder(): string {
    return this.unit === undefined ? this.cell : `${this.cell}/${this.unit}`;
  }

  /**
   * Refuses an object without a name, as cdk8s would make one from the construct's path.
   *
   * @throws always
   */
  public override generateObjectName(object: ApiObject): string {
    throw new Refusal(`KustomizeUnit '${this.node.id}': ${object.kind} '${object.node.path}' has no metadata.name. `
      + 'Give it one: a name made from construct ids would change, and the object be replaced, when a construct moves');
  }
}
