import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** Tensors by name: dtype and shape. */
export type Tensors = { [name: string]: [dtype: string, ...shape: number[]] };

const BITS: { [dtype: string]: number } = { F32: 32, BF16: 16, F16: 16, F8_E4M3: 8, U8: 8 };

/** A folder as Hugging Face lays it out, with a tokenizer and real safetensors files full of zeros. */
export class TinyFolder {
  readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tiny-model-'));

  constructor() {
    this.file('tokenizer.json', '{}');
  }

  config(config: object): this {
    return this.file('config.json', JSON.stringify(config));
  }

  index(weightMap: { [tensor: string]: string }, totalSize?: number): this {
    return this.file('model.safetensors.index.json', JSON.stringify({ metadata: { total_size: totalSize }, weight_map: weightMap }));
  }

  safetensors(name: string, tensors: Tensors): this {
    let end = 0;
    const header: { [name: string]: object } = { __metadata__: { format: 'pt' } };
    for (const [tensor, [dtype, ...shape]] of Object.entries(tensors)) {
      const begin = end;
      end += shape.reduce((product, size) => product * size, 1) * BITS[dtype] / 8;
      header[tensor] = { dtype, shape, data_offsets: [begin, end] };
    }
    const json = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    return this.file(name, Buffer.concat([length, json, Buffer.alloc(end)]));
  }

  file(name: string, content: string | Buffer): this {
    const file = path.join(this.directory, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
    return this;
  }

  without(name: string): this {
    fs.rmSync(path.join(this.directory, name));
    return this;
  }

  cut(name: string, bytes: number): this {
    fs.truncateSync(path.join(this.directory, name), bytes);
    return this;
  }

  remove(): void {
    fs.rmSync(this.directory, { recursive: true });
  }
}
