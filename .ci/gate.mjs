import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const TAIL_LINES = 40;
const POLL_MILLIS = 200;

/** In a process namespace of its own a step's processes end with its first one, whatever they made of their sessions and parents. */
const APART = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
const CAN_BE_APART = spawnSync(APART[0], [...APART.slice(1), 'true'], { stdio: 'ignore' }).status === 0;

/** Runs steps one after the other. A step that fails, hangs or leaves processes behind costs itself and no other. */
export class Gate {
  #logs = mkdtempSync(join(tmpdir(), 'gate-'));
  #deadline;
  #results = [];
  #running;
  #closed = false;

  /** @param minutes that all steps together may take */
  constructor({ minutes }) {
    this.#deadline = Date.now() + minutes * 60_000;
  }

  /** Does the steps, and prints the closing line also when one of them, or this program, breaks. */
  async run(steps) {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => this.#close(`ended by ${signal}`));
    }
    process.on('uncaughtException', error => this.#close(error.stack));
    try {
      await steps();
      this.#close();
    } catch (error) {
      this.#close(error.stack);
    }
  }

  /** A step that passes or fails as a whole. */
  async check(name, command, options) {
    const { code, ...step } = await this.#step(name, command, options);
    this.#count({ ...step, passed: Number(code === 0), failed: Number(code !== 0), skipped: 0 });
  }

  /**
   * A step that runs jest, and counts its tests.
   *
   * @param command gives the command for the arguments that make jest write its report
   */
  async tests(name, command, options) {
    const report = join(this.#logs, 'jest.json');
    rmSync(report, { force: true });
    const { code, ...step } = await this.#step(name, command(`--json --outputFile=${report}`), options);
    const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped, numRuntimeErrorTestSuites: broken } = existsSync(report)
      ? JSON.parse(readFileSync(report, 'utf8'))
      : { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numRuntimeErrorTestSuites: 0 };
    // A runner that ran nothing, or fails without a failed test, has failed all the same.
    const silent = Number(failed + broken === 0 && (code !== 0 || passed === 0));
    this.#count({ ...step, passed, failed: failed + broken + silent, skipped });
  }

  async #step(name, command, { minutes, cwd = '.' }) {
    console.log(`\n== ${name}: ${command}`);
    const start = Date.now();
    const end = Math.min(start + minutes * 60_000, this.#deadline);
    const log = join(this.#logs, `${name.replace(/\W+/g, '-')}.log`);
    const code = end > start ? await this.#execute(command, cwd, log, end) : 'not begun: no time is left';
    return { name, code, log, seconds: Math.round((Date.now() - start) / 1000), cause: code === 0 ? '' : String(code) };
  }

  /** Returns the exit code, or why there is none. What is printed goes to a file, which no forgotten child can hold open. */
  async #execute(command, cwd, log, end) {
    const output = openSync(log, 'w+');
    // A shell that stays the first process of its namespace buries children whose parents died: who waits for their end would wait for ever.
    const [program, ...args] = [...CAN_BE_APART ? APART : [], 'bash', '-c', `${command}\nexit $?`];
    const child = spawn(program, args, { cwd, detached: true, stdio: ['ignore', output, output] });
    this.#running = child;
    const shown = new Follower(output);
    let ended;
    child.once('error', (error) => {
      ended = error.message;
    });
    child.once('exit', (code, signal) => {
      ended = code ?? signal;
    });
    while (ended === undefined && Date.now() < end) {
      await new Promise(resolve => setTimeout(resolve, POLL_MILLIS));
      shown.print();
    }
    killGroup(child);
    shown.print();
    closeSync(output);
    this.#running = undefined;
    return ended ?? 'ended: its time was over';
  }

  #count(result) {
    this.#results.push(result);
    const { name, passed, failed, skipped, seconds, cause } = result;
    const counts = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    console.log(`== ${name}: ${failed > 0 ? 'FAILED' : 'ok'}, ${seconds} s, ${counts}${cause && ` (exit: ${cause})`}`);
  }

  #close(broken) {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    if (this.#running) {
      killGroup(this.#running);
    }
    for (const { name, log } of this.#results.filter(({ failed }) => failed > 0)) {
      const lines = existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
      console.log(`\n== ${name} FAILED; its log ends:\n${lines.slice(-TAIL_LINES).join('\n')}`);
    }
    if (broken !== undefined) {
      console.log(`\n== the gate itself broke: ${broken}`);
    }
    console.log('\nstep             seconds  passed  failed  skipped');
    for (const { name, seconds, passed, failed, skipped } of this.#results) {
      console.log([name.padEnd(16), ...[seconds, passed, failed, skipped].map(number => String(number).padStart(7))].join(' '));
    }
    const sum = part => this.#results.reduce((total, result) => total + result[part], 0);
    const [passed, failed, skipped] = [sum('passed'), sum('failed') + Number(broken !== undefined), sum('skipped')];
    rmSync(this.#logs, { recursive: true, force: true });
    console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
    process.exit(failed > 0 || passed === 0 ? 1 : 0);
  }
}

/** Prints what has come to a file since it was last asked. */
class Follower {
  #file;
  #position = 0;
  #buffer = Buffer.alloc(1 << 16);

  constructor(file) {
    this.#file = file;
  }

  print() {
    for (let read; (read = readSync(this.#file, this.#buffer, 0, this.#buffer.length, this.#position)) > 0; this.#position += read) {
      process.stdout.write(this.#buffer.toString('utf8', 0, read));
    }
  }
}

function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') {
      throw error;
    }
  }
}
