import { Accelerator, MachineType, Model, VllmRelease } from '../../lib/catalog';
import { MemoryAlternative, MemoryPlan, MemoryPlanProps } from '../../lib/planning';
import { GIB, MIB } from '../../lib/common/bytes';
import { legalTensorParallelSizes } from '../../lib/planning/tensor-parallel';
import { nameOf, PAIRS, planned, planOrRefusal, refusalOf } from './pairs';

const LLAMA_8B_ON_L4: MemoryPlanProps = { model: Model.LLAMA_3_1_8B_INSTRUCT, accelerator: Accelerator.L4 };

/** Whatever is checked of every pair is reported with its name. */
function faults(
  check: (props: MemoryPlanProps, plan: MemoryPlan) => string | false | undefined, change: Partial<MemoryPlanProps> = {},
): string[] {
  return planned(change).flatMap(([props, plan]) => {
    const fault = check(props, plan);
    return fault ? [`${nameOf(props)}: ${fault}`] : [];
  });
}

describe('the sum', () => {
  test('Llama 3.1 8B on one L4, term by term', () => {
    const { perGpu, ...plan } = MemoryPlan.of({ ...LLAMA_8B_ON_L4, maxModelLen: 8192 });
    expect(plan).toMatchObject({
      tensorParallelSize: 1, gpuMemoryUtilization: 0.92, maxNumSeqs: 256, maxNumBatchedTokens: 2048, shortfallBytes: 0,
    });
    const total = Math.floor(21.96 * GIB);
    expect(perGpu.totalBytes).toBe(total);
    expect(perGpu.budgetBytes).toBe(Math.ceil(total * 0.92));
    expect(perGpu.weightsBytes).toBe(16060522496 + Math.ceil(0.1 * GIB));
    // cold compile: a copy of the embedding, 128,256 x 4,096 x 2, and 4 x 2,048 x 4,096; above forward (235 MB) and logits (82 MB)
    expect(perGpu.activationBytes).toBe(Math.ceil(128256 * 4096 * 2 + 4 * 2048 * 4096 + 0.03 * GIB));
    // sampler: 256 sequences, 4.25 bytes a logit and 17,924 bytes of lists
    expect(perGpu.nonTorchBytes).toBe(Math.ceil(256 * (128256 * 4.25 + 17924) + 0.33 * GIB));
    // 51 sizes in pieces, 35 of them whole; warm-up of 512 tokens: 2 x 2 x (3 x 14,336 + 4 x 4,096) each
    expect(perGpu.cudaGraphBytes).toBe(Math.ceil(2 * 512 * 2 * (3 * 14336 + 4 * 4096) + (32 + 35 + 32 * 51 * 0.17) * MIB));
    expect(perGpu.kvCacheBytes)
      .toBe(perGpu.budgetBytes - perGpu.weightsBytes - perGpu.activationBytes - perGpu.nonTorchBytes - perGpu.cudaGraphBytes);
    // 131,072 bytes a token in blocks of 16
    const blocks = Math.floor(perGpu.kvCacheBytes / (131072 * 16));
    expect(plan.largestModelLen).toBe(blocks * 16);
    expect(plan.kvCacheTokens).toBe(Math.floor(blocks / 512 * 8192));
    expect(plan.maxConcurrency).toBe(plan.kvCacheTokens / 8192);
  });

  test('a release that counts only torch has graphs and sampler outside of the budget', () => {
    const change = { accelerator: Accelerator.H100, maxModelLen: 8192 };
    const before = MemoryPlan.of({ ...LLAMA_8B_ON_L4, ...change, release: VllmRelease.V0_28 }).perGpu;
    const after = MemoryPlan.of({ ...LLAMA_8B_ON_L4, ...change, release: VllmRelease.V0_32 }).perGpu;
    const sampler = 1024 * (128256 * 4.25 + 17924);
    expect(after.nonTorchBytes - before.nonTorchBytes).toBe(sampler + Math.ceil(0.33 * GIB) - Math.ceil(0.24 * GIB));
    const overhead = (gpu: typeof before) => gpu.activationBytes + gpu.nonTorchBytes;
    expect(before.kvCacheBytes - after.kvCacheBytes).toBe(overhead(after) - overhead(before) + after.cudaGraphBytes);
    // of the estimate 0.4 are there for the sampler
    expect(before.outsideBudgetBytes - after.outsideBudgetBytes)
      .toBeCloseTo(before.cudaGraphBytes + sampler + 0.4 * after.cudaGraphBytes, -1);
  });

  test('a release that profiles the sampler has nothing of it outside', () => {
    const planned = (release: VllmRelease) =>
      MemoryPlan.of({ ...LLAMA_8B_ON_L4, maxModelLen: 8192, accelerator: Accelerator.H100, release }).perGpu;
    const [before, after] = [planned(VllmRelease.V0_32), planned(VllmRelease.V0_33)];
    // 20.5 bytes for each of 1,024 x 128,256 logits, 0.15 GiB, and the hidden states
    expect(after.activationBytes).toBe(Math.ceil(1024 * 128256 * 20.5 + 0.18 * GIB + 8192 * 4096 * 2));
    expect(after.kvCacheBytes).toBe(before.kvCacheBytes + before.activationBytes - after.activationBytes);
    // beside the context there is cuBLAS
    expect(after.outsideBudgetBytes).toBe(Math.ceil(Accelerator.H100.memoryBytes - Accelerator.H100.freeMemoryBytes + 0.1 * GIB));
  });

  test('eager execution captures no graphs and compiles nothing', () => {
    const eager = (release: VllmRelease) => MemoryPlan.of({ ...LLAMA_8B_ON_L4, maxModelLen: 8192, enforceEager: true, release }).perGpu;
    expect(eager(VllmRelease.V0_32).cudaGraphBytes).toBe(0);
    // forward: 2,048 x 2 x (3 x 14,336 + 4 x 4,096)
    expect(eager(VllmRelease.V0_32).activationBytes).toBe(Math.ceil(2048 * 2 * (3 * 14336 + 4 * 4096) + 0.03 * GIB));
    // sampling of 256 sequences, 25.5 bytes a logit, 0.15 GiB, and the hidden states
    expect(eager(VllmRelease.V0_33).activationBytes).toBe(Math.ceil(256 * 128256 * 25.5 + 0.18 * GIB + 2048 * 4096 * 2));
  });

  test('the terms of every pair are whole bytes and add up', () => {
    expect(faults((_, plan) => {
      const { perGpu: gpu, release, maxModelLen, kvCacheTokens, largestModelLen, maxConcurrency, shortfallBytes, fits, reasons } = plan;
      const figures = [...Object.values(gpu), maxModelLen, kvCacheTokens, largestModelLen, shortfallBytes];
      const sum = gpu.weightsBytes + gpu.activationBytes + gpu.nonTorchBytes + gpu.cudaGraphBytes + gpu.kvCacheBytes;
      return (!figures.every(Number.isSafeInteger) && 'not whole')
        || (Object.entries(gpu).some(([name, value]) => name !== 'kvCacheBytes' && value < 0) && 'negative')
        || (release.estimatesCudaGraphs('V2') && sum !== gpu.budgetBytes && `${sum} is not the budget`)
        || (fits !== (reasons.length === 0) && 'reasons contradict fits')
        || (fits !== (shortfallBytes === 0) && 'shortfall contradicts fits')
        || (fits && (kvCacheTokens < maxModelLen || maxConcurrency < 1 || largestModelLen < maxModelLen) && 'holds no request')
        || (fits && gpu.outsideBudgetBytes > gpu.totalBytes - gpu.budgetBytes && 'no room outside');
    })).toEqual([]);
  });

  test('what lies outside of the measured range is said', () => {
    expect(MemoryPlan.of(LLAMA_8B_ON_L4).notes).toEqual([]);
    const outside = { model: Model.DEEPSEEK_V3, accelerator: Accelerator.B200, tensorParallelSize: 8, maxNumBatchedTokens: 32768 };
    expect(MemoryPlan.of(outside).notes).toEqual([
      'attention backend of NVIDIA B200: not measured, 0.5 GiB more activation is assumed',
      'tensorParallelSize 8: not measured, 0.3 GiB more activation is assumed',
      '32768 batched tokens, 1024 sequences: not measured, 0.5 GiB more activation is assumed',
    ]);
    expect(MemoryPlan.of({ model: Model.GEMMA_3_4B_IT, accelerator: Accelerator.L4 }).notes)
      .toEqual(['vision or audio encoder: not measured, 0.5 GiB more activation is assumed']);
  });

  test('an encoder of several small images is a term of its own, one of unknown size an addition', () => {
    // Gemma 3 4B on H100: 8,192 tokens x 16 patches x 2 bytes x (2 x 1,152 + 2 x 4,304), 0.5 GiB and the outputs of the encoder
    const on = { accelerator: Accelerator.H100, release: VllmRelease.V0_32 };
    const known = MemoryPlan.of({ model: Model.GEMMA_3_4B_IT, ...on }).perGpu.activationBytes;
    expect(known).toBe(Math.ceil(8192 * 16 * 2 * 10912 + 0.53 * GIB + 8192 * 2560 * 2));
    const text = MemoryPlan.of({ model: Model.LLAMA_3_1_8B_INSTRUCT, ...on }).perGpu.activationBytes;
    const unknown = Model.of({ ...Model.LLAMA_3_1_8B_INSTRUCT, multimodal: true });
    expect(MemoryPlan.of({ model: unknown, ...on }).perGpu.activationBytes).toBe(text + 1.5 * GIB);
  });
});

describe('Gemma 4 31B on H100, 0.32', () => {
  const batch = { maxModelLen: 131072, maxNumBatchedTokens: 8192, release: VllmRelease.V0_32 };
  const plan = MemoryPlan.of({ model: Model.GEMMA_4_31B_IT, accelerator: Accelerator.H100, ...batch });

  test('needs 23.29 GiB of KV cache for one request', () => {
    // full: 131,072 / 32 blocks; sliding: 5 x (ceil((1,023 + 2 x 8,192) / 16) + 1); 10 layers x 16,384 bytes x 16 tokens
    const needed = (4096 + 5 * 1089) * 10 * 16384 * 16;
    expect((needed / GIB).toFixed(2)).toBe('23.29');
    expect(plan.shortfallBytes).toBe(needed - plan.perGpu.kvCacheBytes);
    expect(plan.reasons).toEqual([expect.stringContaining(' + 23.29 GiB KV cache for one request of 131072 tokens = ')]);
  });

  test('is refused with its sum and what would fit', () => {
    expect(plan.explain()).toBe([
      'google/gemma-4-31B-it does not fit 1 x NVIDIA H100 80GB (tensorParallelSize 1).',
      '  per GPU: 58.9 GiB weights + 8.0 GiB overhead + 23.29 GiB KV cache for one request of 131072 tokens = 90.2 GiB'
      + ' > 72.8 GiB usable (79.2 GiB x 0.92)',
      ...plan.alternatives.map(({ sentence }, index) => `  ${index === 0 ? 'fits:   ' : '        '} ${sentence}`),
    ].join('\n'));
    expect(plan.alternatives.map(({ sentence }) => sentence)).toContain(`maxModelLen <= ${Math.floor(plan.largestModelLen / 256) * 256}`);
    expect(plan.alternatives.map(({ sentence }) => sentence)).toContain('tensorParallelSize 2 on a3-highgpu-2g');
  });
});

describe('maxModelLen auto where nothing fits', () => {
  const release = VllmRelease.V0_32;
  const plan = MemoryPlan.of({ model: Model.LLAMA_3_3_70B_INSTRUCT, accelerator: Accelerator.L4, maxModelLen: 'auto', release });

  test('says how much is missing, not that no tokens are', () => {
    expect(plan).toMatchObject({ fits: false, maxModelLen: 0, largestModelLen: 0 });
    expect(plan.reasons).toEqual([
      '131.5 GiB weights + 4.0 GiB overhead + the KV cache of a single token = 135.5 GiB > 20.2 GiB usable (22.0 GiB x 0.92);'
      + ` ${(plan.shortfallBytes / GIB).toFixed(2)} GiB are missing, so that maxModelLen 'auto' finds no length`,
    ]);
    expect(plan.explain()).not.toMatch(/\b0 tokens|0\.00 GiB/);
    expect(plan.explain()).toContain('\n  fits:    tensorParallelSize 8 on g2-standard-96\n');
  });

  test('a card that only just lacks the first token', () => {
    const { weightsBytes, activationBytes, nonTorchBytes, cudaGraphBytes, totalBytes } = plan.perGpu;
    const taken = weightsBytes + activationBytes + nonTorchBytes + cudaGraphBytes;
    const just = MemoryPlan.of({
      model: plan.model, release, maxModelLen: 'auto', maxNumSeqs: plan.maxNumSeqs, maxNumBatchedTokens: plan.maxNumBatchedTokens,
      accelerator: Accelerator.of({ ...Accelerator.L4, id: 'large', memoryBytes: taken / 0.92 - totalBytes / 1e6, freeMemoryBytes: taken }),
    });
    expect(just.maxModelLen).toBe(0);
    expect(just.reasons[0]).toContain(' + the KV cache of a single token = ');
  });
});

describe('gpuMemoryUtilization', () => {
  const share = (props: Partial<MemoryPlanProps>) => MemoryPlan.of({ ...LLAMA_8B_ON_L4, ...props }).gpuMemoryUtilization;

  test('is the default of the release where the rest of the card is enough', () => {
    expect(share({})).toBe(0.92);
    expect(share({ accelerator: Accelerator.H200, tensorParallelSize: 2 })).toBe(0.92);
  });

  test('is less where sampler, driver and collectives need more', () => {
    const onL4 = { model: Model.GEMMA_2_9B_IT, accelerator: Accelerator.L4, tensorParallelSize: 2 };
    const before = MemoryPlan.of({ ...onL4, release: VllmRelease.V0_28 });
    // 0.6 context + 0.92 graphs + 1.05 collectives + 256 x (256,000 x 24.75 + 17,924) bytes + 0.15, less what is profiled: 3.61 GiB
    expect(before.gpuMemoryUtilization).toBe(0.83);
    expect(before.fits).toBe(true);
    // 0.32 has graphs, the sampler's state and NCCL's buffers in the budget
    expect(MemoryPlan.of(onL4)).toMatchObject({ gpuMemoryUtilization: 0.92, fits: true });
  });

  test('is what was given, whether or not that fits', () => {
    expect(share({ gpuMemoryUtilization: 0.99 })).toBe(0.99);
    expect(share({ maxNumSeqs: 16384, maxNumBatchedTokens: 16384 })).toBe(0.92);
  });
});

describe('maxModelLen', () => {
  test('auto is the most that fits', () => {
    const plan = MemoryPlan.of({ ...LLAMA_8B_ON_L4, maxModelLen: 'auto' });
    expect(plan.maxModelLen).toBe(plan.largestModelLen);
    expect(plan.fits).toBe(true);
    expect(plan.kvCacheTokens).toBe(plan.maxModelLen);
    expect(MemoryPlan.of({ ...LLAMA_8B_ON_L4, accelerator: Accelerator.H100, maxModelLen: 'auto' }).maxModelLen).toBe(131072);
  });

  test('auto where not one block is left', () => {
    const plan = MemoryPlan.of({ model: Model.QWEN3_32B, accelerator: Accelerator.L4, maxModelLen: 'auto' });
    expect(plan).toMatchObject({ fits: false, maxModelLen: 0, largestModelLen: 0, kvCacheTokens: 0, maxConcurrency: 0 });
    expect(plan.shortfallBytes).toBeGreaterThan(40 * GIB);
  });

  test('the largest of every pair is exact', () => {
    expect(faults((props, { largestModelLen, model }) => {
      const fits = (maxModelLen: number) => {
        const plan = MemoryPlan.of({ ...props, maxModelLen });
        // the memory beside the budget is no matter of length
        return plan.fits || plan.reasons.every(reason => !reason.includes('KV cache'));
      };
      return (largestModelLen > 0 && !fits(largestModelLen) && `${largestModelLen} does not fit`)
        || (largestModelLen < model.maxModelLen && fits(largestModelLen + 1) && `${largestModelLen} + 1 fits`);
    })).toEqual([]);
  });

  test('auto never says more than planning for that length', () => {
    expect(faults((props, plan) => plan.maxModelLen > 0
      && MemoryPlan.of({ ...props, maxModelLen: plan.maxModelLen }).fits !== plan.fits && 'differs', { maxModelLen: 'auto' })).toEqual([]);
  });
});

describe('monotonic over the whole catalogue', () => {
  const shortfall = (props: MemoryPlanProps) => {
    const plan = planOrRefusal(props);
    return plan instanceof MemoryPlan ? plan.shortfallBytes : undefined;
  };

  test('pairs that are planned, and those that contradict', () => {
    expect(planned().length + PAIRS.filter(props => typeof planOrRefusal(props) === 'string').length).toBe(PAIRS.length);
    // Gemma 2, Gemma 3 and gpt-oss on a T4
    expect(PAIRS.filter(props => typeof planOrRefusal(props) === 'string').map(nameOf)).toEqual([
      ...['google/gemma-2-9b-it', 'google/gemma-2-27b-it', 'google/gemma-3-1b-it', 'google/gemma-3-4b-it', 'google/gemma-3-12b-it',
        'google/gemma-3-27b-it', 'openai/gpt-oss-20b', 'openai/gpt-oss-120b'].map(id => `${id} on 1 x t4`),
    ]);
  });

  test('a longer context never needs less', () => {
    expect(faults((props, { model }) => {
      const lacks = [1, 16, 1000, 2048, 8192, 32768, 131072].filter(length => length <= model.maxModelLen)
        .map(maxModelLen => shortfall({ ...props, maxModelLen })!);
      return lacks.some((lack, index) => lack < lacks[index - 1]) && lacks.join(' ');
    })).toEqual([]);
  });

  test('more GPU memory never fits less', () => {
    const batch = { maxNumSeqs: 256, maxNumBatchedTokens: 2048 };
    expect(faults((props, { accelerator, maxModelLen, largestModelLen, reasons }) => {
      if (reasons.some(reason => reason.includes('outside the budget'))) {
        return false; // there is no share that it could afford, so it is planned with the default one
      }
      const grown = Accelerator.of({
        ...accelerator, memoryBytes: accelerator.memoryBytes + 5 * GIB, freeMemoryBytes: accelerator.freeMemoryBytes + 5 * GIB,
      });
      const more = MemoryPlan.of({ ...props, accelerator: grown, maxModelLen });
      return (more.shortfallBytes > shortfall(props)! && 'lacks more') || (more.largestModelLen < largestModelLen && 'shorter');
    }, batch)).toEqual([]);
  });

  test('a larger share of the GPU never leaves less KV cache', () => {
    expect(faults((props, { perGpu }) =>
      MemoryPlan.of({ ...props, gpuMemoryUtilization: 0.93 }).perGpu.kvCacheBytes <= perGpu.kvCacheBytes && 'less')).toEqual([]);
  });

  test('an 8-bit KV cache never holds fewer tokens', () => {
    expect(faults((props, { kvCacheTokens, largestModelLen, perGpu, accelerator }) => {
      const plan = planOrRefusal({ ...props, kvCacheDtype: 'fp8' });
      return typeof plan === 'string' ? accelerator.supportsFp8 && plan
        : (plan.kvCacheTokens < kvCacheTokens && 'fewer') || (plan.largestModelLen < largestModelLen && 'shorter')
          || (perGpu.kvCacheBytes > GIB && plan.kvCacheTokens < 1.9 * kvCacheTokens && `${plan.kvCacheTokens} not twice ${kvCacheTokens}`);
    })).toEqual([]);
  });

  test('more GPUs never hold more weights each, nor fewer tokens in all', () => {
    expect(faults((props, { model }) => {
      const plans = legalTensorParallelSizes(model, 16)
        .map(tensorParallelSize => planOrRefusal({ ...props, tensorParallelSize })).filter(plan => plan instanceof MemoryPlan);
      const worse = plans.slice(1).some((plan, index) => {
        const before = plans[index];
        return plan.perGpu.weightsBytes > before.perGpu.weightsBytes
          // a single head is on every GPU, so all that more of them add is the collectives' buffers
          || (model.kvHeads > 1 && before.perGpu.kvCacheBytes > 4 * GIB && plan.kvCacheTokens < before.kvCacheTokens);
      });
      return worse && plans.map(({ perGpu, kvCacheTokens }) => `${perGpu.weightsBytes} ${kvCacheTokens}`).join(', ');
    }, { gpuMemoryUtilization: 0.92 })).toEqual([]);
  });

  test('fewer sequences, fewer batched tokens and eager execution never need more', () => {
    expect(faults((props, plan) => {
      const less = [{ maxNumSeqs: 64 }, { maxNumBatchedTokens: 2048, maxNumSeqs: Math.min(2048, plan.maxNumSeqs) }]
        .map(change => MemoryPlan.of({ ...props, ...change }));
      // eager sampling takes more, which the budget has since 0.33
      const eager = MemoryPlan.of({ ...props, release: VllmRelease.V0_32, enforceEager: true });
      const compiled = MemoryPlan.of({ ...props, release: VllmRelease.V0_32 });
      return (less.some(other => other.perGpu.kvCacheBytes < plan.perGpu.kvCacheBytes) && 'less KV cache')
        || (eager.perGpu.kvCacheBytes < compiled.perGpu.kvCacheBytes && 'less KV cache, eager');
    }, { gpuMemoryUtilization: 0.92 })).toEqual([]);
  });
});

describe('alternatives', () => {
  const refused = [
    ...planned(), ...planned({ tensorParallelSize: 2 }), ...planned({ gpuMemoryUtilization: 0.99 }), ...planned({ kvCacheDtype: 'fp8' }),
    ...planned({ pipelineParallelSize: 2, maxModelLen: 2000 }), ...planned({ maxNumSeqs: 1024, maxNumBatchedTokens: 16384 }),
  ].filter(([, plan]) => !plan.fits);
  const alternatives = refused.map(([props, plan]) => ({ name: nameOf(props), plan, list: plan.alternatives }));

  test('there are many refusals to try', () => {
    expect(refused.length).toBeGreaterThan(500);
    expect(alternatives.filter(({ list }) => list.length > 0).length).toBeGreaterThan(400);
  });

  test('each one fits when it is planned', () => {
    expect(alternatives.flatMap(({ name, list }) =>
      list.filter(({ props }) => !MemoryPlan.of(props).fits).map(({ sentence }) => `${name}: ${sentence}`))).toEqual([]);
  });

  test('each one says what it changes, once, in real figures', () => {
    const bad = ({ sentence }: MemoryAlternative) => /undefined|NaN|null|Infinity|\[object|  |auto/.test(sentence) || sentence === '';
    const twice = (list: MemoryAlternative[]) => new Set(list.map(({ sentence }) => sentence)).size < list.length;
    expect(alternatives.filter(({ list }) => list.length > 5 || list.some(bad) || twice(list))
      .map(({ name, list }) => `${name}: ${list.map(({ sentence }) => sentence).join('; ')}`)).toEqual([]);
  });

  test('each one needs only what the sentence names', () => {
    const bad = alternatives.flatMap(({ name, plan, list }) => list.filter(({ sentence, props }) => {
      const machine = / on (\S+)/.exec(sentence)?.[1];
      const gpus = (props.tensorParallelSize ?? 1) * (props.pipelineParallelSize ?? 1);
      const length = /maxModelLen <= (\d+)/.exec(sentence)?.[1];
      const holds = MachineType.forAccelerator(props.accelerator).some(type => type.name === machine && type.gpus >= gpus);
      return (machine !== undefined && !holds)
        || (machine === undefined && props.accelerator.id !== plan.accelerator.id)
        || (length !== undefined && Number(length) !== props.maxModelLen)
        || ((props.accelerator.id === plan.accelerator.id) === sentence.includes('accelerator '))
        || (props.accelerator.id === plan.accelerator.id && (props.tensorParallelSize ?? 1) < plan.tensorParallelSize);
    }).map(({ sentence }) => `${name}: ${sentence}`));
    expect(bad).toEqual([]);
  });

  test('none shortens the context where the same change fits without that', () => {
    const bad = alternatives.flatMap(({ name, plan, list }) => list.filter(({ props }) =>
      props.maxModelLen !== undefined && Number(props.maxModelLen) < plan.maxModelLen
      && MemoryPlan.of({ ...props, maxModelLen: plan.maxModelLen }).fits).map(({ sentence }) => `${name}: ${sentence}`));
    expect(bad).toEqual([]);
  });

  test('Llama 3.3 70B on two L4: more of them, then others by price', () => {
    const plan = MemoryPlan.of({ model: Model.LLAMA_3_3_70B_INSTRUCT, accelerator: Accelerator.L4, tensorParallelSize: 2 });
    expect(plan.alternatives.map(({ sentence }) => sentence)).toMatchInlineSnapshot(`
[
  "accelerator rtx-pro-6000, tensorParallelSize 2 on g4-standard-96 with maxModelLen <= 98304",
  "accelerator a100-80gb, tensorParallelSize 2 on a2-ultragpu-2g with maxModelLen <= 20480",
  "accelerator h100, tensorParallelSize 2 on a3-highgpu-2g with maxModelLen <= 3584",
  "accelerator a100, tensorParallelSize 8 on a2-highgpu-8g",
  "accelerator b200, tensorParallelSize 1 on a4-highgpu-8g with maxModelLen <= 81920",
]
`);
  });

  test('Gemma 2 9B with too large a share of an L4', () => {
    const onL4 = { model: Model.GEMMA_2_9B_IT, accelerator: Accelerator.L4, tensorParallelSize: 2 };
    const plan = MemoryPlan.of({ ...onL4, gpuMemoryUtilization: 0.97 });
    expect(MemoryPlan.of(onL4).fits).toBe(true);
    expect(plan.reasons).toEqual(['1.00 GiB for sampler and driver outside the budget > 0.66 GiB left by gpuMemoryUtilization 0.97 of 22.0 GiB']);
    expect(plan.alternatives.map(({ sentence }) => sentence)).toMatchInlineSnapshot(`
[
  "gpuMemoryUtilization 0.95",
  "accelerator a100, tensorParallelSize 1 on a2-highgpu-1g",
  "accelerator rtx-pro-6000, tensorParallelSize 1 on g4-standard-48",
  "accelerator a100-80gb, tensorParallelSize 1 on a2-ultragpu-1g",
  "accelerator h100, tensorParallelSize 1 on a3-highgpu-1g",
]
`);
  });

  test('a plan that fits has none', () => {
    const plan = MemoryPlan.of({ ...LLAMA_8B_ON_L4, maxModelLen: 8192 });
    expect(plan.alternatives).toEqual([]);
    expect(plan.explain()).toBe('meta-llama/Llama-3.1-8B-Instruct fits 1 x NVIDIA L4 (tensorParallelSize 1).');
  });

  test('where nothing fits, that is said', () => {
    const huge = Model.of({ ...Model.LLAMA_3_1_405B_INSTRUCT, weightsBytes: 5e13, linearWeightBytes: undefined });
    const plan = MemoryPlan.of({ model: huge, accelerator: Accelerator.L4, pipelineParallelSize: 2 });
    expect(plan.explain().split('\n')).toEqual([
      'meta-llama/Llama-3.1-405B-Instruct does not fit 2 x NVIDIA L4 (tensorParallelSize 1, pipelineParallelSize 2).',
      expect.stringMatching(/^ {2}per GPU: \d+\.\d GiB weights/),
      '  fits:    nothing near was found; take a smaller model',
    ]);
  });

  test('a budget above what is free at start is refused as vLLM refuses it', () => {
    const plan = MemoryPlan.of({ ...LLAMA_8B_ON_L4, accelerator: Accelerator.H200, gpuMemoryUtilization: 0.9999 });
    expect(plan.reasons.at(-1)).toBe('gpuMemoryUtilization 0.9999 asks for 139.79 GiB > 139.29 GiB free at start');
  });
});

describe('contradictions', () => {
  const L4 = { accelerator: Accelerator.L4 };
  const cases: [string, Partial<MemoryPlanProps>, string][] = [
    ['no GPU', { tensorParallelSize: 0 }, '\'tensorParallelSize\' (0) must be a whole number of at least 1'],
    ['half a GPU', { tensorParallelSize: 1.5 }, '\'tensorParallelSize\' (1.5) must be a whole number of at least 1'],
    ['no stage', { pipelineParallelSize: -1 }, '\'pipelineParallelSize\' (-1) must be a whole number of at least 1'],
    ['no sequence', { maxNumSeqs: 0 }, '\'maxNumSeqs\' (0) must be a whole number of at least 1'],
    ['no number', { maxNumBatchedTokens: Number.NaN }, '\'maxNumBatchedTokens\' (NaN) must be a whole number of at least 1'],
    ['a percentage', { gpuMemoryUtilization: 95 },
      '\'gpuMemoryUtilization\' (95) is a share of the GPU\'s memory, above 0 and at most 1; did you mean 0.95?'],
    ['no share', { gpuMemoryUtilization: 0 }, '\'gpuMemoryUtilization\' (0) is a share of the GPU\'s memory, above 0 and at most 1'],
    ['a negative share', { gpuMemoryUtilization: -0.9 }, '\'gpuMemoryUtilization\' (-0.9) is a share of the GPU\'s memory, above 0 and at most 1'],
    ['a share that is no number', { gpuMemoryUtilization: Number.NaN },
      '\'gpuMemoryUtilization\' (NaN) is a share of the GPU\'s memory, above 0 and at most 1'],
    ['3 GPUs for 32 heads', { tensorParallelSize: 3 }, 'the 32 attention heads of meta-llama/Llama-3.1-8B-Instruct are not divisible by'
    + ' \'tensorParallelSize\' (3); legal sizes are 1, 2, 4, 8, 16'],
    ['2 GPUs for 71 heads', { model: Model.FALCON_7B, tensorParallelSize: 2 },
      'the 71 attention heads of tiiuae/falcon-7b are not divisible by \'tensorParallelSize\' (2); legal sizes are 1'],
    ['8 GPUs for 28 heads', { model: Model.QWEN2_5_7B_INSTRUCT, tensorParallelSize: 8 },
      'the 28 attention heads of Qwen/Qwen2.5-7B-Instruct are not divisible by \'tensorParallelSize\' (8); legal sizes are 1, 2, 4'],
    ['more stages than layers', { pipelineParallelSize: 33 },
      '\'pipelineParallelSize\' (33) exceeds the 32 layers of meta-llama/Llama-3.1-8B-Instruct'],
    ['no length', { maxModelLen: 0 }, '\'maxModelLen\' (0) must be a whole number of at least 1, or \'auto\''],
    ['a fraction of a token', { maxModelLen: 0.5 }, '\'maxModelLen\' (0.5) must be a whole number of at least 1, or \'auto\''],
    ['longer than the model', { maxModelLen: 200000 }, '\'maxModelLen\' (200000) is greater than the 131072 tokens that'
    + ' meta-llama/Llama-3.1-8B-Instruct was made for; use at most 131072'],
    ['more sequences than tokens', { maxNumSeqs: 4096, maxNumBatchedTokens: 2048 },
      '\'maxNumBatchedTokens\' (2048) must be at least \'maxNumSeqs\' (4096); raise maxNumBatchedTokens to 4096 or lower maxNumSeqs to 2048'],
    ['an unknown dtype', { dtype: 'int4' as never }, '\'dtype\' (int4) is none of auto, bfloat16, float16, half, float32, float'],
    ['bfloat16 on a T4', { accelerator: Accelerator.T4 }, 'NVIDIA T4 (compute capability 7.5) has no bfloat16, the dtype of'
    + ' meta-llama/Llama-3.1-8B-Instruct; set dtype to half'],
    ['bfloat16 on a T4 for a model without float16', { model: Model.GEMMA_3_4B_IT, accelerator: Accelerator.T4 },
      'NVIDIA T4 (compute capability 7.5) has no bfloat16, the dtype of google/gemma-3-4b-it; the model is not served in float16 either:'
      + ' take an L4 or newer'],
    ['mxfp4 on a T4', { model: Model.GPT_OSS_20B, accelerator: Accelerator.T4 },
      'NVIDIA T4 (compute capability 7.5) has no bfloat16, the dtype of openai/gpt-oss-20b; the model is not served in float16 either:'
      + ' take an L4 or newer'],
    ['float16 where it overflows', { model: Model.GEMMA_2_9B_IT, dtype: 'half' },
      'google/gemma-2-9b-it (Gemma2ForCausalLM) is not served in float16. Use bfloat16 on an L4 or newer'],
    ['32 bits', { dtype: 'float32' }, '\'dtype\' (float32) doubles the weights of meta-llama/Llama-3.1-8B-Instruct; use bfloat16 or half'],
    ['an unknown quantization', { quantization: 'awq' }, '\'quantization\' (awq) cannot be planned for meta-llama/Llama-3.1-8B-Instruct:'
    + ' online quantization can be \'fp8\', others come with the checkpoint and need no setting'],
    ['fp8 over another quantization', { model: Model.GPT_OSS_20B, quantization: 'fp8' }, '\'quantization\' (fp8) cannot be planned for'
    + ' openai/gpt-oss-20b: online quantization can be \'fp8\', others come with the checkpoint and need no setting'],
    ['online fp8 on an A100', { accelerator: Accelerator.A100, quantization: 'fp8' }, '\'quantization\' (fp8) needs compute capability 8.9'
    + ' or above; NVIDIA A100 40GB has 8. Take an L4 or newer, or a checkpoint quantized to 4 bit'],
    ['a card that the image has no kernels for', {
      model: Model.DEEPSEEK_V3,
      accelerator: Accelerator.of({
        id: 'v100', displayName: 'NVIDIA V100', gkeLabel: 'nvidia-tesla-v100', memoryBytes: 16 * GIB, computeCapability: 7.0, nvlink: true,
      }),
      dtype: 'half',
    }, 'the image of vLLM 0.33.0 has no kernels for NVIDIA V100, compute capability 7; it has them for 7.5, 8.0, 8.6, 8.9, 9.0, 10.0, 12.0.'
    + ' Take a card of these'],
    ['fp8 blocks of experts that would be cut', {
      model: Model.of({ ...Model.QWEN3_235B_A22B, quantization: 'fp8' }), tensorParallelSize: 8, release: VllmRelease.V0_28,
    }, 'the experts of Qwen/Qwen3-235B-A22B are 1536 wide; \'tensorParallelSize\' (8) would cut their fp8 blocks of 128. Use at most 4'],
    ['an 8-bit KV cache on an A100', { accelerator: Accelerator.A100, kvCacheDtype: 'fp8' }, '\'kvCacheDtype\' (fp8) needs compute'
    + ' capability 8.9 or above; NVIDIA A100 40GB has 8. Leave kvCacheDtype out'],
    ['a bfloat16 KV cache on a T4', { accelerator: Accelerator.T4, dtype: 'half', kvCacheDtype: 'bfloat16' }, '\'kvCacheDtype\' (bfloat16) needs'
    + ' compute capability 8 or above; NVIDIA T4 has 7.5. Leave kvCacheDtype out (auto), or set it to float16'],
    ['a KV cache of unknown size', { kvCacheDtype: 'int8' as never },
      'kvCacheDtype \'int8\' has no known size; use auto, bfloat16, float16, fp8, fp8_e4m3 or fp8_e5m2'],
    ['a model that is newer than the release', {
      model: Model.of({ ...Model.LLAMA_3_1_8B_INSTRUCT, minimumRelease: '0.28.0' }), release: VllmRelease.V0_22,
    }, 'meta-llama/Llama-3.1-8B-Instruct needs vLLM 0.28.0 or newer, got 0.22.0'],
  ];

  test.each(cases)('%s', (_, change, message) => {
    expect(refusalOf(() => MemoryPlan.of({ model: Model.LLAMA_3_1_8B_INSTRUCT, ...L4, ...change }))).toBe(`MemoryPlan: ${message}`);
  });

  test('the dtypes that a T4 has for its KV cache are none', () => {
    for (const kvCacheDtype of ['auto', 'float16', undefined] as const) {
      expect(() => MemoryPlan.of({ model: Model.QWEN2_5_7B_INSTRUCT, accelerator: Accelerator.T4, dtype: 'half', kvCacheDtype })).not.toThrow();
    }
  });

  test('what looks like one and is none', () => {
    const plans: Partial<MemoryPlanProps>[] = [
      { model: Model.GPT_OSS_20B, quantization: 'mxfp4' }, { model: Model.QWEN2_5_7B_INSTRUCT, tensorParallelSize: 4 }, { dtype: 'auto' },
      { dtype: 'half' }, { gpuMemoryUtilization: 1 }, { maxModelLen: 131072 }, { maxNumSeqs: 2048, maxNumBatchedTokens: 2048 },
      { pipelineParallelSize: 32 }, { quantization: 'fp8' },
    ];
    for (const change of plans) {
      expect(() => MemoryPlan.of({ model: Model.LLAMA_3_1_8B_INSTRUCT, ...L4, ...change })).not.toThrow();
    }
  });

  test('defaults follow the release and the card', () => {
    const defaults = (accelerator: Accelerator, release?: VllmRelease) => {
      const { maxNumSeqs, maxNumBatchedTokens, gpuMemoryUtilization } = MemoryPlan.of({ model: Model.QWEN3_8B, accelerator, release });
      return [maxNumSeqs, maxNumBatchedTokens, gpuMemoryUtilization];
    };
    expect(defaults(Accelerator.L4)).toEqual([256, 2048, 0.92]);
    expect(defaults(Accelerator.A100_80GB)).toEqual([256, 2048, 0.92]);
    expect(defaults(Accelerator.H100)).toEqual([1024, 8192, 0.92]);
    expect(defaults(Accelerator.B200)).toEqual([1024, 16384, 0.92]);
    expect(defaults(Accelerator.B200, VllmRelease.V0_22)).toEqual([1024, 8192, 0.92]);
    // never more sequences than batched tokens
    expect(MemoryPlan.of({ model: Model.QWEN3_8B, accelerator: Accelerator.H100, maxNumBatchedTokens: 512 }).maxNumSeqs).toBe(512);
  });
});
