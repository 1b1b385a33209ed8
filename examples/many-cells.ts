import { Accelerator, CellPoint, KustomizeApp, Model, STORAGE_IDS, VllmCell, VllmCluster } from 'cdk8s-vllm';

const common = { namespace: 'vllm', bucket: 'my-models', region: 'us-central1' };
const points: CellPoint[] = [Accelerator.L4, Accelerator.A100, Accelerator.H100].flatMap(accelerator =>
  STORAGE_IDS.map(storage => ({ accelerator, storage, model: Model.QWEN3_8B })));

const app = new KustomizeApp({ root: __dirname });
const lines: string[] = [];
const made: Pick<VllmCell, 'diskClasses'>[] = [];
for (const point of points) {
  app.addLater((scope) => {
    const cell = VllmCell.of(scope, { ...common, ...point });
    lines.push(cell.line());
    if (cell instanceof VllmCell) {
      // Not the cell: it would keep all its constructs.
      made.push({ diskClasses: cell.diskClasses });
    }
  });
}
app.addLater(scope => new VllmCluster(scope, { namespace: common.namespace, cells: made }));
app.synth();
console.log(lines.join('\n'));
