import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { answerFinetuning } from '../../../src/cli/finetuning';
import { answerInference } from '../../../src/cli/inference';
import { findGpu, GPUS, nearestGpus } from '../../../src/estimator/hardware/catalogue';
import { gpuAssumptions, whyNoGpu } from '../../../src/estimator/hardware/gpuRemarks';
import { models } from '../contracts/requests';

/** Names as people, published tables, drivers and clouds write them, and the card and its GB that each means. */
const SPELLINGS: readonly (readonly [name: string, key: string, gb: number])[] = [
  // Apple's machines, with cores of the CPU or of the GPU.
  ['M4 mini (10 core - 32GB)', 'apple_m4', 32],
  ['M2 MacBook Air (10 core GPU - 24GB)', 'apple_m2', 24],
  ['M1 32GB 7-Core GPU', 'apple_m1', 32],
  ['M1 Air', 'apple_m1', 16],
  ['Mac mini M4', 'apple_m4', 32],
  ['MacBook Pro M4', 'apple_m4', 32],
  ['M4 Pro Mac mini (14 core - 64GB)', 'apple_m4_pro', 64],
  ['MacBook Pro M4 Max 128GB', 'apple_m4_max', 128],
  ['Mac Studio (M3 Ultra 256GB)', 'apple_m3_ultra', 256],
  // Numbers alone.
  ['7900 XTX', 'rx_7900_xtx', 24],
  ['7900 GRE', 'rx_7900_gre', 16],
  ['6700 XT', 'rx_6700_xt', 12],
  ['GeForce 1080 Ti', 'gtx_1080_ti', 11],
  ['1080ti', 'gtx_1080_ti', 11],
  ['1660 Super', 'gtx_1660_super', 6],
  ['3090ti', 'rtx_3090_ti', 24],
  ['4060ti 16g', 'rtx_4060_ti_16', 16],
  ['9060 XT 8GB', 'rx_9060_xt', 8],
  ['80GB A100', 'a100_80', 80],
  // Cards in machines named by their CPU or board, whose memory is not the card's.
  ['Pi 5 - 8GB (AMD RX 6700 XT)', 'rx_6700_xt', 12],
  ['Pi 5 - 8GB (AMD RX 6500 XT)', 'rx_6500_xt', 4],
  ['Pi 5 - 16GB (Nvidia RTX 4060 Ti)', 'rtx_4060_ti_8', 8],
  ['Raspberry Pi 5 with RX 7600', 'rx_7600', 8],
  ['Raspberry Pi 5 8GB with RX 6700 XT', 'rx_6700_xt', 12],
  ['RTX 4060 Ti (16GB RAM)', 'rtx_4060_ti_8', 8],
  ['Ryzen 5 7600 (Nvidia RTX 3060)', 'rtx_3060_12', 12],
  ['i9-13900K + RTX 4090', 'rtx_4090', 24],
  // Laptops.
  ['RTX 4090 Laptop GPU', 'rtx_4090_laptop', 16],
  ['NVIDIA GeForce RTX 4080 Laptop GPU', 'rtx_4080_laptop', 12],
  ['RTX 3070 Mobile', 'rtx_3070_laptop', 8],
  ['RTX 5090M', 'rtx_5090_laptop', 24],
  ['RTX 3080 Laptop 8GB', 'rtx_3080_laptop', 8],
  ['RTX 1000 Ada', 'rtx_1000_ada_laptop', 6],
  // Workstation cards of three generations.
  ['RTX 6000 Pro', 'rtx_pro_6000', 96],
  ['RTX 6000 Blackwell', 'rtx_pro_6000', 96],
  ['RTX PRO 6000', 'rtx_pro_6000', 96],
  ['RTX 6000 Pro Max-Q', 'rtx_pro_6000_max_q', 96],
  ['RTX A6000 Ada', 'rtx_6000_ada', 48],
  ['RTX 6000 48GB', 'rtx_6000_ada', 48],
  ['RTX 6000', 'quadro_rtx_6000', 24],
  ['Quadro P6000', 'quadro_p6000', 24],
  ['NVIDIA RTX A2000', 'rtx_a2000_12', 12],
  // Data-center cards.
  ['A100 64GB', 'a100_64_sxm', 64],
  ['A100 (40GB PCIe)', 'a100_40_pcie', 40],
  ['H100 NVL', 'h100_94_nvl', 94],
  ['H200 NVL', 'h200_141_nvl', 141],
  ['H100 SXM5 80GB HBM3', 'h100_80', 80],
  ['GH200 480GB', 'gh200_96', 96],
  ['GH200 120GB', 'gh200_96', 96],
  ['MI50 16GB', 'mi50_16', 16],
  ['MI300X VF', 'mi300x', 192],
  ['Radeon Pro VII', 'radeon_pro_vii', 16],
  // ROCm's names of chips.
  ['gfx942', 'mi300x', 192],
  ['gfx1100', 'rx_7900_xtx', 24],
  ['AMD Radeon (gfx1100, 20 GB)', 'rx_7900_xt', 20],
  // npu-smi, boards of two chips by their whole memory, and other makers.
  ['Ascend310P3', 'ascend_310p', 24],
  ['Atlas 300I Duo 96GB', 'atlas_300i_duo', 48],
  ['Tesla K80 24GB', 'k80', 12],
  ['S80', 'mtt_s80', 16],
  ['K100_AI', 'hygon_k100_ai', 64],
  // Cloud machines.
  ['Standard_NC24ads_A100_v4', 'a100_80_pcie', 80],
  ['g5.xlarge', 'a10g', 24],
  ['a2-ultragpu-1g', 'a100_80', 80],
  ['gpu_8x_a100', 'a100_40', 40],
];

const CPUS = [
  'AMD Ryzen 9 7950X',
  'AMD Ryzen 5 7600',
  'Intel Core i7-6700',
  'Intel N150 CPU',
  'Xeon Platinum 8480+',
  'AMD EPYC 9654',
  'AmpereOne A192-32X',
  'Raspberry Pi 5 - 8GB',
];

/** The problem with `gpu_key` of a request. */
function problem(gpu_key: string): { readonly message: string; readonly nearest: unknown } {
  const answer = answerInference({ gpu_key, llm_key: 'Qwen/Qwen3-8B' }, models);
  assert.ok('problems' in answer, gpu_key);
  const [first] = answer.problems;
  assert.equal(first?.field, 'gpu_key', gpu_key);
  return first;
}

describe('names of accelerators', () => {
  for (const [name, key, gb] of SPELLINGS) {
    it(`takes "${name}" for ${key} of ${gb} GB`, () => {
      const gpu = findGpu(name);
      assert.deepEqual([gpu?.key, gpu?.memoryGb], [key, gb]);
    });
  }

  it('takes no card of another model, of another maker or of a desktop for one that the name says it is not', () => {
    for (const name of [
      'RTX 5090 Super',
      'Tesla M4',
      'GTX 1060 3GB',
      'Framework Mainboard Cluster (512GB)',
      'NVIDIA GeForce RTX 2080 with Max-Q Design',
      'Quadro RTX 5000 Mobile',
      'RTX A5000 Laptop GPU',
      'Radeon RX 6600M',
      'RTX 4070 SUPER Laptop',
    ])
      assert.equal(findGpu(name), null, name);
  });

  it('never gives a laptop the desktop card of the same number, whatever its memory', () => {
    for (const gpu of GPUS.filter(({ label }) => /^NVIDIA (?:GeForce|RTX|Quadro)/.test(label) && !/Laptop|Max-Q/.test(label))) {
      for (const word of ['Laptop GPU', 'Mobile', 'laptop']) {
        const name = `${gpu.label.replace(/ \(?\d+GB\)?/, '')} ${word}`;
        for (const memory of [undefined, gpu.memoryGb]) {
          const found = findGpu(name, memory);
          assert.ok(found === null || found.label.includes('Laptop'), `${name} is ${found?.key}`);
        }
      }
    }
  });

  it('chooses among the sizes of a laptop by the memory that the driver reports', () => {
    assert.equal(findGpu('NVIDIA GeForce RTX 3080 Laptop GPU', 8)?.memoryGb, 8);
    assert.equal(findGpu('NVIDIA GeForce RTX 3080 Laptop GPU', 15.99)?.memoryGb, 16);
  });

  it('takes an Apple chip with the GPU cores that its name states, and the memory channels that go with them', () => {
    const [full, part] = [findGpu('apple_m1_ultra'), findGpu('M1 Ultra (48 GPU Core) 64GB')];
    assert.deepEqual([part?.smCount, part?.bandwidthGbS, part?.memoryGb], [48, full?.bandwidthGbS, 64]);
    assert.equal(part?.tflops.fp32, ((full?.tflops.fp32 ?? 0) * 48) / 64);
    // Apple, technical specifications of the MacBook Pro: 14-core CPU and 32-core GPU with 410 GB/s.
    assert.equal(findGpu('M3 Max 30-Core GPU 36GB')?.bandwidthGbS, 300);
    const bin = findGpu('M4 Max (32 GPU Core) 36GB');
    assert.deepEqual([bin?.bandwidthGbS, bin?.smCount, bin?.memoryGb], [410, 32, 36]);
    assert.ok(Math.abs((bin?.tflops.fp32 ?? 0) / (findGpu('apple_m4_max')?.tflops.fp32 ?? 0) - 32 / 40) < 1e-9);
    assert.equal(findGpu('M4 Max 40-core GPU 64GB')?.bandwidthGbS, 546);
    assert.equal(findGpu('M4 Max (14 core - 36GB)')?.bandwidthGbS, 546);
  });
});

describe('names that are no GPU', () => {
  for (const name of CPUS) {
    it(`says that "${name}" is a CPU and suggests nothing`, () => {
      assert.equal(findGpu(name), null);
      const { message, nearest } = problem(name);
      assert.match(message, /it names a CPU, which is not estimated, and custom_discrete does not stand for one/);
      assert.equal(nearest, null);
      assert.doesNotMatch(message, /did you mean/);
    });
  }

  it('says why a slice, a mixture, an unknown laptop or a size is refused', () => {
    assert.match(problem('NVIDIA-A100-SXM4-80GB-MIG-3g.40gb').message, /3\/7 of a card \(MIG\).*only whole cards.*40 GB/);
    assert.equal(problem('A100 MIG').nearest, null);
    assert.match(problem('RTX 5070 Ti + RTX 5090').message, /names several cards/);
    assert.match(problem('RTX 2080 Max-Q').message, /a laptop's GPU that is not in the catalogue/);
    assert.match(problem('A100 24GB').message, /a card of this name has 40, 64 or 80 GB; did you mean "a100_/);
    assert.equal(whyNoGpu('A100 40GB'), null);
    assert.equal(whyNoGpu('Voodoo 2'), null);
  });

  it('suggests what is near in meaning, or nothing', () => {
    for (const [name, nearest] of [
      ['rtx_4900', 'rtx_4090'],
      ['RTX 5090 Super', 'rtx_5090'],
      ['GTX 4090', 'rtx_4090'],
      ['RX 7800', 'rx_7800_xt'],
      ['RTX 4070 SUPER Laptop', 'rtx_4070_laptop'],
      ['Tesla M4', 'm40'],
      ['Hygon K100', 'hygon_k100_ai'],
      ['Voodoo 2', null],
      ['MetaX C500', null],
    ] as const)
      assert.equal(nearestGpus(name, 1)[0]?.key ?? null, nearest, name);
    assert.ok(nearestGpus('RTX 2090 Mobile', 3).every(({ label }) => label.includes('Laptop')));
  });
});

describe('what a name leaves open', () => {
  const said = (name: string): string => {
    const gpu = findGpu(name);
    assert.ok(gpu, name);
    return gpuAssumptions(name, gpu, false).join('; ');
  };

  it('is said', () => {
    assert.match(said('M1 Air'), /has 8 or 16 GB: 16 GB taken \(Apple M1\)/);
    assert.match(said('M1 32GB 7-Core GPU'), /Apple M1 is sold with 8 or 16 GB: 32 GB taken as stated/);
    assert.match(said('RTX 6000'), /24, 48 or 96 GB: 24 GB taken \(Quadro RTX 6000\)/);
    assert.match(said('A100'), /40 or 80 GB: 80 GB taken/);
    assert.match(said('A100 80GB'), /may also mean NVIDIA A100 80GB PCIe: NVIDIA A100-SXM4-80GB taken/);
    assert.match(said('gfx1030'), /16 or 32 GB/);
    assert.match(said('p4d.24xlarge'), /p4d.24xlarge has 8 × NVIDIA A100-SXM4-40GB/);
    assert.match(said('MI250X'), /one GCD.*each counts as one here/);
    assert.match(said('RTX 4090 Laptop GPU'), /the power its maker allows/);
    assert.match(said('Pi 5 - 8GB (AMD RX 7600)'), /slot of a single-board computer/);
  });

  it('is nothing where the name says it all', () => {
    for (const name of [
      'rtx_4090',
      'NVIDIA A100-SXM4-80GB',
      'NVIDIA H100 80GB HBM3',
      'H100 NVL',
      'RTX PRO 6000',
      'M4 mini (10 core - 32GB)',
      'M4 Max 32-core GPU 36GB',
      'NVIDIA Quadro RTX 6000',
      'NVIDIA GH200 480GB',
      'GH200 120GB',
    ])
      assert.equal(said(name), '', name);
    const a100 = findGpu('A100', 80);
    assert.ok(a100);
    assert.doesNotMatch(gpuAssumptions('A100', a100, true).join(), /40 or 80 GB/);
  });

  it('is among the assumptions of an answer', () => {
    for (const answer of [
      answerInference({ gpu_key: 'M1 Air', llm_key: 'Qwen/Qwen3-8B', quantization: 'q4_k_m' }, models),
      answerFinetuning({ gpu_key: 'A100', llm_key: 'Qwen/Qwen3-8B', num_samples: 100 }, models),
    ]) {
      assert.ok('response' in answer);
      assert.ok(answer.response.assumptions.some((text) => /GB taken/.test(text)));
    }
  });
});
