import { App } from 'cdk8s';
import { KustomizeApp } from '../lib/kustomize/kustomize-app';
import { addSyntheticCell } from './synthetic-cell';

/** `synthetic-app.ts <ours|stock> <cells> <output folder>`: the child process that the bench measures; prints its peak memory (KiB). */
const [writer, cells, outdir] = process.argv.slice(2);
const app = writer === 'ours' ? new KustomizeApp({ outdir }) : new App({ outdir });
for (let index = 0; index < Number(cells); index++) {
  const make = (): void => addSyntheticCell(app, index);
  if (app instanceof KustomizeApp) {
    app.addLater(make);
  } else {
    make();
  }
}
app.synth();
console.log(`peak ${process.resourceUsage().maxRSS}`);
