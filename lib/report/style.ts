import { Html, html } from './html';

/**
 * Light and dark as the reader's system has it, and printed unfolded in the light colours. Text has a contrast of 4.5 and more, as
 * https://www.w3.org/TR/WCAG22/#contrast-minimum asks for.
 */
export const STYLE: Html = html`:root{color-scheme:light dark;--back:#fff;--text:#1b1f24;--soft:#57606a;--edge:#d0d7de;--box:#f6f8fa;--link:#0550ae;--bad:#b3261e;
--shade:#f9e1de;--w:#2f6fdb;--a:#e07b00;--d:#7a8590;--g:#8e4ec6;--k:#1a8a4a;--o:#b08800;--r:#c3cad2}
@media (prefers-color-scheme:dark){:root{--back:#0d1117;--text:#e6edf3;--soft:#9aa5b1;--edge:#30363d;--box:#161b22;--link:#79b8ff;--bad:#ff8d85;
--shade:#40201f;--w:#5b96f0;--a:#f0933a;--d:#8b96a2;--g:#b083e0;--k:#3fb970;--o:#d4ac2b;--r:#454d57}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:80rem;padding:1rem;background:var(--back);color:var(--text);font:16px/1.5 system-ui,sans-serif}
h1,h2,h3,h4{line-height:1.25;margin:1.5rem 0 .5rem}
h1{font-size:1.75rem;margin-top:.5rem}
h4{font-size:1rem;margin-top:0}
p,ul,dl,figure{margin:.5rem 0}
ul{padding-left:1.25rem}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-999rem}
.skip:focus{position:static}
.note,figcaption,footer{color:var(--soft);font-size:.875rem}
code,pre{font:.875em/1.5 ui-monospace,monospace;overflow-wrap:anywhere}
pre{background:var(--box);border:1px solid var(--edge);border-radius:6px;padding:.75rem;white-space:pre-wrap}
table{border-collapse:collapse;font-size:.875rem;width:100%}
caption{text-align:left;color:var(--soft)}
th,td{border-bottom:1px solid var(--edge);padding:.3rem .4rem;text-align:right;vertical-align:top}
th{font-weight:600}
.matrix th,.matrix td{text-align:left;border:1px solid var(--edge)}
.matrix td{overflow-wrap:anywhere}
.matrix th{background:var(--box)}
.matrix td{color:var(--soft)}
.matrix a{display:block;font-weight:600}
.matrix .gap{color:var(--soft)}
.cell table{overflow-wrap:normal}
.matrix{table-layout:fixed}
.matrix th:first-child{width:9rem}
@media (max-width:30rem){th,td{font-size:.8125rem;padding:.3rem .15rem}.cell th,.cell td{font-size:.75rem}.matrix th:first-child{width:5.25rem}}
.matrix div+div{border-top:1px dashed var(--edge);margin-top:.3rem;padding-top:.3rem}
details{border:1px solid var(--edge);border-radius:6px;margin:.5rem 0}
summary{cursor:pointer;padding:.5rem .75rem;overflow-wrap:anywhere}
summary h3{display:inline;font-size:1rem;margin:0 .5rem 0 0}
details[open]>summary{background:var(--box);border-bottom:1px solid var(--edge)}
.cell{display:grid;gap:1rem 2rem;padding:.75rem;scroll-margin-top:4rem}
.cell{overflow-wrap:anywhere}.cell>*{min-width:0;margin:0}
@media (min-width:56rem){.cell{grid-template-columns:1fr 1fr}.cell>p{grid-column:1/-1}}
dl{display:grid;grid-template-columns:fit-content(8.5rem) 1fr;gap:.25rem 1rem;font-size:.9375rem}
dt{color:var(--soft);overflow-wrap:anywhere}
dd{margin:0;overflow-wrap:anywhere}
svg{display:block;max-width:100%;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.bar{width:100%;height:20px;margin:.25rem 0}
.bar path{stroke-width:20}
.bar .limit{stroke:var(--text);stroke-width:3;vector-effect:non-scaling-stroke}
.key{display:flex;flex-wrap:wrap;gap:.125rem 1rem;list-style:none;padding:0;font-size:.875rem}
.key li{border-left:.75rem solid;border-image:none;padding-left:.4rem}
.key li{border-color:var(--c);print-color-adjust:exact;-webkit-print-color-adjust:exact}
.w{--c:var(--w)}.a{--c:var(--a)}.d{--c:var(--d)}.g{--c:var(--g)}.k{--c:var(--k)}.o{--c:var(--o)}.r{--c:var(--r)}
.bar path:not(.limit){stroke:var(--c)}
.chart{width:100%;max-width:30rem;fill:none;stroke-width:2}
.chart .axis{stroke:var(--edge);stroke-width:1}
.chart .line,.chart circle,.chart .measured{stroke:var(--w)}
.chart circle{fill:var(--back)}
.chart .fitted,.chart .measured{fill:var(--w)}
.chart .late{fill:var(--shade)}
.chart text{fill:var(--soft);font-size:11px;text-anchor:middle}
.chart .most{text-anchor:end}
td b,.refused{color:var(--bad)}
@media print{:root{color-scheme:light;--back:#fff;--text:#000;--soft:#444;--edge:#bbb;--box:#fff;--link:#000;--bad:#8c1d18;--shade:#f9e1de}
.skip{display:none}details{border:0}details::details-content{content-visibility:visible;height:auto}summary{list-style:none;break-after:avoid}
.cell>*{break-inside:avoid}}
`;
