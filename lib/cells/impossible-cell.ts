import { ReportedGap } from '../report/reported';
import { CellPoint, cellId, storageIdOf } from './cell';
import { lineOf, reportOf } from './cell-report';

/** A cell that cannot be, whatever the model: its accelerator and storage never meet. Made by `VllmCell.of`. */
export class ImpossibleCell {
  /** Id that the cell would have. */
  readonly id: string;

  /** Why it cannot be, and what there is instead. */
  readonly reason: string;

  /** @internal */
  constructor(private readonly point: CellPoint, reason: string) {
    this.reason = reason;
    this.id = cellId(point);
  }

  /** The row of the report, as `VllmCell.report` has it. */
  report(): object {
    return reportOf(this.point, this);
  }

  /**
   * What the report's page shows of the cell.
   *
   * @internal
   */
  reported(): ReportedGap {
    const { id, reason, point } = this;
    return { id, reason, model: point.model, accelerator: point.accelerator, storage: storageIdOf(point) };
  }

  /** The line that a person reads, as `VllmCell.line` has it. */
  line(): string {
    return lineOf(this.point, this);
  }
}
