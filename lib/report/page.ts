import { GPU_QUOTA_PAGE, GPUS_ALL_REGIONS } from '../catalog/gpu-quota';
import { duration, grouped } from './figures';
import { Html, html } from './html';
import { matrixTable } from './matrix-table';
import { isGap, Reported, ReportedGap, ReportedServer } from './reported';
import { serverSection } from './server-section';
import { ServingReportProps } from './serving-report-props';
import { STYLE } from './style';
import { ReportLoad, ThroughputCurves } from './throughput-curve';

const DEFAULTS: ReportLoad & { readonly folder: string } = {
  inputTokens: 1024, outputTokens: 256, timeToFirstTokenSeconds: 2, interTokenLatencySeconds: 0.1, measurements: [], folder: 'dist/kustomize',
};

/** The report as one page that asks nobody for anything: https://developer.mozilla.org/docs/Web/HTTP/Guides/CSP */
const POLICY = 'default-src \'none\'; style-src \'unsafe-inline\'; img-src data:; base-uri \'none\'; form-action \'none\'';

/** The whole page. */
export function reportPage(all: readonly Reported[], props: ServingReportProps): string {
  const given = Object.fromEntries(Object.entries(props).filter(([, value]) => value !== undefined));
  const load = { ...DEFAULTS, ...given };
  const curves = new ThroughputCurves(load);
  const servers = all.filter((cell): cell is ReportedServer => !isGap(cell));
  const sections = servers.map(server => serverSection(server, curves.of(server.plan.memory), load.folder));
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What is served</title>
<link rel="icon" href="data:,">
<style>
${STYLE}</style>
</head>
<body>
<a class=skip href="#cells">Skip to the cells</a>
<header>
<h1>What is served</h1>
<p>${servers.length} ${servers.length === 1 ? 'cell' : 'cells'}, planned before a GPU is rented. ${goals(load)}</p>
</header>
<main>
<h2>The matrix</h2>
${matrixTable(all, server => curves.of(server.plan.memory))}
<p class=note>In a cell: GPUs of a server and how long a new one loads; tokens a second with the most of the planned clients that keep the goals; the \
price of a server's hour on demand, and of a million tokens in and out.</p>
<p class="note">Quota metrics are those of <a href="${GPU_QUOTA_PAGE}">Compute Engine</a>, by region; <code>${GPUS_ALL_REGIONS}</code> counts \
the same GPUs once more.</p>
${once(props)}<h2 id="cells" tabindex="-1">The cells</h2>
${sections}${gaps(all.filter(isGap))}</main>
<footer><p>Written by cdk8s-vllm together with the manifests.</p></footer>
</body>
</html>
`.text;
}

function goals({ inputTokens, outputTokens, timeToFirstTokenSeconds, interTokenLatencySeconds }: ReportLoad): string {
  return `Throughput is of one server, whose clients send ${grouped(inputTokens)} tokens, get ${grouped(outputTokens)}, and ask again at once. The goals are medians: `
    + `the first token within ${duration(timeToFirstTokenSeconds)}, the next one within ${duration(interTokenLatencySeconds)}.`;
}

function once({ onceCommands = [] }: ServingReportProps): Html | undefined {
  return onceCommands.length === 0 ? undefined : html`<h2>Once, before any cell</h2>
<pre><code>${onceCommands.join('\n')}</code></pre>
`;
}

function gaps(all: readonly ReportedGap[]): Html | undefined {
  return all.length === 0 ? undefined : html`<h2>Cells that cannot be</h2>
<dl>
${all.map(({ id, reason }) => html`<dt id="${id}">${id}<dd>${reason}\n`)}</dl>
`;
}
