import * as fs from 'node:fs';
import { Accelerator, Model } from '../catalog';
import { Measurement } from '../planning';
import { readMeasuredFile } from '../planning/measured-file';
import { ExitCode, Failure } from './failure';
import { Load } from '../planning/serving-goal';
import { Candidate, memoryOf } from './survey';

/** Files of figures, and the server that all of them were measured on. */
export interface MeasuredRequest {
  readonly files: readonly string[];
  readonly accelerator: Accelerator;
  readonly gpus: number;
}

/** A file whose figures are of another load or server than the lines of the table, and why. */
export interface OtherMeasurement {
  readonly source: string;
  readonly reason: string;
}

/** What such files hold. */
export interface MeasuredTexts extends Omit<MeasuredRequest, 'files'> {
  readonly texts: readonly { readonly source: string; readonly text: string }[];
}

/**
 * Reads each file once, since it may be a pipe.
 *
 * @throws on a file that cannot be read
 */
export function readMeasured({ files, accelerator, gpus }: MeasuredRequest): MeasuredTexts {
  return { accelerator, gpus, texts: files.map(source => ({ source, text: read(source) })) };
}

/** @throws on what is no file of figures, or of another model */
export function measurementsOf(model: Model, { texts, accelerator, gpus }: MeasuredTexts): Measurement[] {
  const memory = memoryOf(model, accelerator, gpus);
  return texts.map(({ source, text }) => Measurement.fromJson(text, { memory, source }));
}

/** The load of the first file, with the mean of its lengths in whole tokens. */
export function measuredLoad({ texts: [{ source, text }] }: MeasuredTexts): Load {
  const { inputTokens, outputTokens, clients, requestsPerSecond } = readMeasuredFile(text, source);
  return { inputTokens: Math.round(inputTokens), outputTokens: Math.round(outputTokens), clients, requestsPerSecond };
}

/** Those that no line has taken, each compared with the line that it is nearest to. */
export function otherMeasurements(measurements: readonly Measurement[], candidates: readonly Candidate[]): OtherMeasurement[] {
  const taken = new Set(candidates.map(({ throughput }) => throughput.measurement));
  return measurements.filter(measurement => !taken.has(measurement)).map((measurement) => {
    const differences = candidates.map(({ throughput }) => measurement.differencesTo(throughput.props)).sort((a, b) => a.length - b.length);
    const [nearest = ['no machine of the table holds the model']] = differences;
    return { source: measurement.source, reason: nearest.join('; ') || 'a later file has figures of the same load' };
  });
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new Failure(ExitCode.NO_INPUT, `${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
