import assert from 'node:assert/strict';
import {
  CLOUD_INSTANCES,
  findCloudInstance,
  findInterconnect,
  hostBandwidth,
  INTERCONNECTS,
  linkBandwidth,
} from '../../../src/estimator/hardware/interconnects';
import { cardReporting, customGpu, findGpu, GPUS, nearestGpus } from '../../../src/estimator/hardware/catalogue';
import type { Gpu } from '../../../src/estimator/hardware/gpu';

function known(name: string, memoryGib?: number): Gpu {
  const gpu = findGpu(name, memoryGib);
  assert.ok(gpu, `no GPU for "${name}"`);
  return gpu;
}

describe('GPU catalogue', () => {
  it('finds every GPU by its key and its label', () => {
    for (const gpu of GPUS) {
      assert.equal(known(gpu.key).key, gpu.key);
      assert.equal(known(gpu.label, gpu.totalMemoryGib).key, gpu.key, gpu.label);
    }
  });

  // Names as nvidia-smi, torch, the GPU operator's node labels, GKE labels and published tables print them.
  const names: readonly (readonly [string, string])[] = [
    ['NVIDIA A100-SXM4-80GB', 'a100_80'],
    ['NVIDIA A100-SXM4-40GB', 'a100_40'],
    ['NVIDIA A100 80GB PCIe', 'a100_80_pcie'],
    ['NVIDIA H100 80GB HBM3', 'h100_80'],
    ['H100_80GB_HBM3', 'h100_80'],
    ['NVIDIA-H100-80GB-HBM3', 'h100_80'],
    ['NVIDIA H100 NVL', 'h100_94_nvl'],
    ['H100-PCIe', 'h100_80_pcie'],
    ['nvidia-h100-80gb', 'h100_80'],
    ['Tesla T4', 't4'],
    ['nvidia-tesla-t4', 't4'],
    ['T4-16GB', 't4'],
    ['RTX 3090', 'rtx_3090'],
    ['8xH100', 'h100_80'],
    ['W7900', 'radeon_pro_w7900'],
    ['3090 24GB', 'rtx_3090'],
    ['NVIDIA GeForce RTX 4090', 'rtx_4090'],
    ['4090', 'rtx_4090'],
    ['RTX 4090 D', 'rtx_4090_d'],
    ['NVIDIA-L40S', 'l40s'],
    ['NVIDIA-L40S-SHARED', 'l40s'],
    ['A100-80GB', 'a100_80'],
    ['A100-40GB', 'a100_40'],
    ['NVIDIA RTX 6000 Ada Generation', 'rtx_6000_ada'],
    ['Quadro RTX 6000', 'quadro_rtx_6000'],
    ['RTX A6000', 'rtx_a6000'],
    ['NVIDIA GB10 (DGX Spark)', 'gb10'],
    ['Tesla V100S-PCIE-32GB', 'v100s_32'],
    ['AMD Instinct MI300X OAM', 'mi300x'],
    ['H20-3e (141GB)', 'h20_141'],
    ['AMD Radeon (gfx1201, RX 9070 class, 16 GB)', 'rx_9070_xt'],
    ['AMD Radeon Graphics (gfx1151)', 'ryzen_ai_max_395'],
    ['8 × NVIDIA H200 SXM GPUs on a single node.', 'h200_141'],
    ['Pi CM5 - 16GB (Nvidia RTX 3060)', 'rtx_3060_12'],
    ['M2 Ultra 76-Core GPU 192GB', 'apple_m2_ultra'],
  ];
  for (const [name, key] of names) it(`takes "${name}" for ${key}`, () => assert.equal(known(name).key, key));

  it('answers null for slices, mixtures, sizes no card has and unknown names', () => {
    for (const name of [
      'NVIDIA-A100-SXM4-80GB-MIG-1g.10gb',
      'RTX 5070 Ti 16GB + RTX 5090 D 32GB',
      'RTX 4090 16GB',
      '24GB card',
      'NVIDIA GeForce RTX 2080 Laptop GPU',
      'Voodoo 2',
      '',
    ]) {
      assert.equal(findGpu(name), null, name);
    }
  });

  it('chooses among sizes by the memory that torch reports', () => {
    assert.equal(known('A100', 39.4).key, 'a100_40');
    assert.equal(known('NVIDIA GeForce RTX 3080', 19.6).key, 'rtx_3080_20');
    assert.equal(known('RTX 4060 Ti', 15.6).key, 'rtx_4060_ti_16');
  });

  it('knows the size of an Apple machine from its name', () => {
    const gpu = known('Apple M3 Max 64GB');
    assert.equal(gpu.memoryGb, 64);
    // Metal's recommended working set of a 64 GB machine.
    assert.equal(gpu.totalMemoryGib, 48);
  });

  it('reports what torch reports, not the marketing size', () => {
    // vLLM and torch printed these totals in published logs.
    assert.equal(known('h100_80').totalMemoryGib, 79.19);
    assert.equal(known('t4').totalMemoryGib, 14.56);
    assert.equal(known('l40s').totalMemoryGib, 44.42);
    // 24 GB cards print 23.5 to 23.65 GiB.
    assert.ok(Math.abs(known('rtx_4090').totalMemoryGib - 23.57) < 0.1);
    for (const gpu of GPUS) assert.ok(gpu.totalMemoryGib <= gpu.memoryGb && gpu.totalMemoryGib >= gpu.memoryGb * 0.64, gpu.key);
  });

  it('suggests the nearest names', () => {
    assert.ok(
      nearestGpus('rtx_409', 3)
        .map((g) => g.key)
        .includes('rtx_4090'),
    );
    assert.equal(nearestGpus('h100', 2).length, 2);
  });

  it('describes a custom card by its memory', () => {
    assert.equal(findGpu('custom_discrete'), null);
    const gpu = known('custom_discrete', 24);
    assert.equal(gpu.memoryGb, 24);
    assert.equal(gpu.confidence, 'low');
    assert.ok(gpu.totalMemoryGib < 24 && gpu.totalMemoryGib > 22);
    assert.equal(customGpu('custom_apple_silicon', 96).unifiedMemory, true);
  });

  it('takes no card for another of its memory that hardly anybody has', () => {
    // The A100 of one supercomputer (64 GB, 1640 GB/s), and the Kepler card that PyTorch no longer runs on (11.17 GiB).
    assert.equal(customGpu('custom_discrete', 64).bandwidthGbS, known('rtx_pro_5000_72').bandwidthGbS);
    assert.equal(cardReporting(known('a100_64_sxm').totalMemoryGib), null);
    assert.equal(cardReporting(known('k80').totalMemoryGib), null);
  });

  it('holds what makers publish of the cards added beside the collected facts', () => {
    // AMD, NVIDIA and Intel product pages: GB, GB/s, compute units or multiprocessors, fp32 TFLOPS, W.
    const published: readonly (readonly [string, number, number, number, number, number])[] = [
      ['rx_6700_xt', 12, 384, 40, 13.21, 230],
      ['rx_6900_xt', 16, 512, 80, 23.04, 300],
      ['rx_7700_xt', 12, 432, 54, 35.17, 245],
      ['rx_9070', 16, 640, 56, 36.1, 220],
      ['mi60', 32, 1024, 64, 14.7, 300],
      ['p4', 8, 192, 20, 5.5, 75],
      ['quadro_p6000', 24, 432, 30, 12.63, 250],
      ['rtx_5880_ada', 48, 960, 110, 69.3, 285],
      ['rtx_4090_laptop', 16, 576, 76, 32.98, 150],
      ['gtx_1080', 8, 320, 20, 8.87, 180],
      ['arc_a750', 8, 512, 28, 14.7, 225],
      // Half of a board of two GPUs: 24 GB, 480 GB/s, 8.74 TFLOPS and 300 W.
      ['k80', 12, 240, 13, 4.37, 150],
    ];
    for (const [key, ...figures] of published) {
      const { memoryGb, bandwidthGbS, smCount, tflops, tdpW } = known(key);
      assert.deepEqual([memoryGb, bandwidthGbS, smCount, tflops.fp32, tdpW], figures, key);
    }
  });

  it('says how far its figures are confirmed', () => {
    for (const gpu of GPUS) assert.ok(['high', 'medium', 'low'].includes(gpu.confidence), gpu.key);
    // huggingface.js confirms memory and the 16-bit rate, llmfit the bandwidth; nobody the figures of the RTX A1000.
    assert.equal(known('rx_6800_xt').confidence, 'high');
    assert.equal(known('rtx_a1000').confidence, 'low');
  });

  it('counts an MI250X as the two devices that software sees', () => {
    // AMD: 128 GB and 3.2 TB/s per card of two graphics compute dies.
    assert.equal(known('mi250x').memoryGb, 64);
    assert.ok(Math.abs((known('mi250x').bandwidthGbS ?? 0) - 1638) < 2);
  });
});

describe('interconnects', () => {
  it('are found by key and alias, whatever the writing', () => {
    assert.equal(findInterconnect('NVLink Gen4')?.gbSPerDirection, 450);
    assert.equal(findInterconnect('pcie4_x16')?.key, 'pcie4');
    assert.equal(findInterconnect('carrier pigeon'), null);
  });

  it('exist for every link that a GPU names', () => {
    const keys = new Set(INTERCONNECTS.map((link) => link.key));
    for (const gpu of GPUS) {
      for (const link of [gpu.link, gpu.hostLink]) assert.ok(link === null || keys.has(link), `${gpu.key}: ${String(link)}`);
    }
  });

  it('give half of the slot to half-width cards', () => {
    assert.equal(findInterconnect('pcie4_x8')?.gbSPerDirection, 15.5);
    assert.equal(findInterconnect('pcie4_x4')?.gbSPerDirection, 7.75);
    // The RX 6500 XT is wired for four lanes.
    assert.equal(known('rx_6500_xt').hostLink, 'pcie4_x4');
  });

  it("take the card's own link where cards of one generation differ", () => {
    const h800 = linkBandwidth(known('h800_80'), null) ?? 0;
    const h100 = linkBandwidth(known('h100_80'), null) ?? 0;
    assert.ok(h800 > 0 && h800 < h100);
    assert.equal(hostBandwidth(known('apple_m2_ultra')), null);
  });
});

describe('cloud instances', () => {
  it('name GPUs of the catalogue', () => {
    for (const instance of CLOUD_INSTANCES)
      assert.ok(
        GPUS.some((g) => g.key === instance.gpu),
        `${instance.type}: ${instance.gpu}`,
      );
  });

  it('are found by type', () => {
    // AWS EC2 instance types, accelerated computing: p4d.24xlarge has 8 A100 of 40 GB.
    assert.deepEqual([findCloudInstance('p4d.24xlarge')?.gpu, findCloudInstance('p4d.24xlarge')?.count], ['a100_40', 8]);
    assert.equal(findCloudInstance('nc24ads_a100_v4')?.type, 'Standard_NC24ads_A100_v4');
  });
});
