import { VllmRelease } from '../catalog';
import { ThroughputBasis } from '../planning';
import { MEASURED_ON } from '../planning/throughput-range';
import { otherMeasurements } from './measured';
import { Candidate, duration, Survey, SurveyRequest } from './survey';

const WIDTH = 80;

/** How a column is written; numbers stand to the right. */
interface Column {
  readonly title: string;
  readonly width: number;
  readonly left?: boolean;
  readonly cell: (candidate: Candidate) => string;
}

const COLUMNS: readonly Column[] = [
  { title: 'machine', width: 15, left: true, cell: ({ placement }) => placement.machineType.name },
  { title: 'GPUs', width: 14, left: true, cell: ({ memory }) => `${memory.tensorParallelSize} ${memory.accelerator.id}` },
  { title: 'longest', width: 7, cell: ({ memory }) => String(memory.maxModelLen) },
  { title: 'once', width: 4, cell: ({ throughput }) => String(throughput.mostRunning) },
  { title: 'tok/s', width: 6, cell: ({ throughput }) => mark(throughput) + throughput.outputTokensPerSecond.toFixed(0) },
  { title: 'TTFT', width: 5, cell: ({ throughput }) => duration(throughput.timeToFirstTokenSeconds.median) },
  { title: 'ITL', width: 5, cell: ({ throughput }) => duration(throughput.interTokenLatencySeconds.median) },
  { title: 'start', width: 5, cell: ({ readySeconds }) => `${readySeconds}s` },
  { title: '$/h', width: 5, cell: ({ price }) => price ? usd(price.hourlyUsd) : '-' },
  { title: '$/M', width: 5, cell: ({ price }) => price ? usd(price.atLoad.total) : '-' },
];

/** Bold and green as terminals know them: https://en.wikipedia.org/wiki/ANSI_escape_code#Select_Graphic_Rendition_parameters */
const BOLD = '\u001b[1m';
const GREEN = '\u001b[32m';
const PLAIN = '\u001b[0m';

/** The survey as a person reads it. */
export function planTable(request: SurveyRequest, found: Survey, colours: boolean): string[] {
  const painted = (text: string, code: string) => colours ? `${code}${text}${PLAIN}` : text;
  const row = (candidate: Candidate) => lineOf(({ cell }) => cell(candidate));
  const meets = found.candidates.filter(({ misses }) => misses.length === 0);
  const misses = found.candidates.filter(candidate => candidate.misses.length > 0);
  return [
    ...wrapped(`${request.model.id}, vLLM ${VllmRelease.DEFAULT.version}, ${loadOf(request)}`),
    '',
    ...meets.length > 0 ? [painted(lineOf(({ title }) => title), BOLD)] : [],
    ...meets.flatMap((candidate, index) => [index === 0 ? painted(row(candidate), GREEN) : row(candidate), ...beside(candidate)]),
    ...meets.length === 0 ? [found.candidates.length > 0 ? 'Nothing meets the goals.' : 'No machine of the catalogue holds it.'] : [],
    ...section('Misses a goal:', misses.map(candidate => [`${candidate.memory.tensorParallelSize} ${candidate.memory.accelerator.id}`,
      `${candidate.misses.join(', ')}${candidate.throughput.measurement ? ' (measured)' : ''}`])),
    ...section('Replicas or tensor parallel:', replicas(meets)),
    ...section('Measured otherwise:', otherMeasurements(request.measurements ?? [], found.candidates)
      .map(({ source, reason }) => [source, reason])),
    ...section('Does not hold it:', found.unfit.map(({ accelerator, reason }) => [accelerator.id, reason])),
    ...meets.length > 0 ? ['', ...footnotes(request, meets)] : [],
  ];
}

function loadOf({ load: { inputTokens, outputTokens, clients, requestsPerSecond }, region }: SurveyRequest): string {
  const arrivals = clients === undefined ? `${requestsPerSecond} requests a second` : `${clients} ${clients === 1 ? 'client' : 'clients'}`;
  return `${inputTokens} tokens in and ${outputTokens} out, ${arrivals}${region ? `, ${region.name}` : ''}`;
}

function lineOf(cell: (column: Column) => string): string {
  return COLUMNS.map(column => column.left ? cell(column).padEnd(column.width) : cell(column).padStart(column.width)).join(' ').trimEnd();
}

const MARKS = { measured: '*', fitted: '', estimate: '~' };

function mark({ basis }: { readonly basis: ThroughputBasis }): string {
  return MARKS[basis];
}

/** What the plan says by itself, below a line that was measured. */
function beside({ throughput: { measurement, predicted } }: Candidate): string[] {
  const { timeToFirstTokenSeconds: first, interTokenLatencySeconds: next, outputTokensPerSecond } = predicted;
  return measurement === undefined
    ? []
    : wrapped(`  * measured by ${measurement.source}; predicted: ${mark(predicted)}${outputTokensPerSecond.toFixed(0)} tok/s,`
      + ` TTFT ${duration(first.median)}, ITL ${duration(next.median)}`);
}

/** Of each accelerator the smallest server of which there is a smaller one: what several of those give on the same GPUs. */
function replicas(candidates: readonly Candidate[]): [string, string][] {
  const ids = [...new Set(candidates.map(({ memory }) => memory.accelerator.id))];
  return ids.flatMap((id) => {
    const ascending = candidates.filter(({ memory }) => memory.accelerator.id === id)
      .sort((a, b) => a.memory.tensorParallelSize - b.memory.tensorParallelSize);
    const compared = ascending.find(({ throughput }) => throughput.replicas !== undefined)?.throughput.replicas;
    return compared === undefined ? [] : [[id, compared.sentence]];
  });
}

function usd(price: number): string {
  return price < 100 ? price.toFixed(2) : price.toFixed(0);
}

function footnotes({ goals }: SurveyRequest, meets: readonly Candidate[]): string[] {
  const dates = [...new Set(meets.flatMap(({ price }) => price?.priceDate ?? []))].sort();
  const estimates = meets.some(({ throughput }) => throughput.predicted.basis === 'estimate');
  const sentences = [
    'Each line is one server. longest: tokens of the longest request. once: requests of this load that run at once.'
    + ' TTFT, ITL: medians of the time to the first token and between two tokens. start: seconds until a new server answers, weights from a'
    + ' bucket. $/h: one server\'s part of a machine on demand in us-central1, with the GPUs beside it that nothing can use. $/M: a million'
    + ' tokens in and out.',
    ...dates.length > 0 ? [`Prices of ${dates.join(' and ')}.`] : [],
    ...meets.some(({ price }) => price === undefined) ? ['- stands for no list price.'] : [],
    ...estimates ? [`~ is an estimate: ${MEASURED_ON} was measured, and other cards are scaled from there by their data sheets.`] : [],
    ...Object.values(goals).some(goal => goal !== undefined) ? ['The goals are kept by half of the requests.'] : [],
  ];
  return sentences.flatMap(sentence => wrapped(sentence));
}

function section(title: string, entries: readonly (readonly [string, string])[]): string[] {
  const name = Math.max(0, ...entries.map(([subject]) => subject.length)) + 2;
  return entries.length === 0
    ? []
    : ['', title, ...entries.flatMap(([subject, text]) => wrapped(text, WIDTH - name - 2)
        .map((line, index) => `  ${(index === 0 ? subject : '').padEnd(name)}${line}`))];
}

/** Lines of at most so many columns, cut between words. */
function wrapped(text: string, width = WIDTH): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}
