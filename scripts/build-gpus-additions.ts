import type { PeakRates } from '../src/estimator/hardware/gpu';

/** Facts about one accelerator before its reported memory is settled. Units as in `Gpu`. */
export interface GpuFacts {
  readonly key: string;
  readonly label: string;
  readonly aliases: readonly string[];
  readonly vendor: string;
  readonly architecture: string;
  readonly computeCapability: number | null;
  readonly memoryGb: number;
  readonly memoryOptionsGb: readonly number[] | null;
  readonly memoryType: string | null;
  readonly torchGib: number | null;
  readonly nvidiaSmiMib: number | null;
  readonly unifiedMemory: boolean;
  readonly bandwidthGbS: number | null;
  readonly smCount: number | null;
  readonly tflops: PeakRates;
  readonly tdpW: number | null;
  readonly idleW: number | null;
  /** "gen4 x16". */
  readonly pcie: string | null;
  readonly link: string | null;
  readonly linkGbS: number | null;
  readonly releaseYear: number | null;
  readonly confidence: string;
  readonly sources: unknown;
  readonly unsourced: unknown;
}

function card(
  key: string,
  label: string,
  aliases: readonly string[],
  vendor: string,
  architecture: string,
  computeCapability: number | null,
  memoryGb: number,
  memoryType: string,
  bandwidthGbS: number,
  smCount: number,
  fp32: number,
  fp16: number | null,
  tdpW: number,
  pcie: string,
  releaseYear: number,
  source: string,
): GpuFacts {
  const bf16 = computeCapability !== null && computeCapability < 80 ? null : fp16;
  return {
    key,
    label,
    aliases,
    vendor,
    architecture,
    computeCapability,
    memoryGb,
    memoryOptionsGb: null,
    memoryType,
    torchGib: null,
    nvidiaSmiMib: null,
    unifiedMemory: false,
    bandwidthGbS,
    smCount,
    tflops: { fp32, tf32: null, fp16, bf16, fp8: null, fp4: null, int8: null },
    tdpW,
    idleW: null,
    pcie,
    link: null,
    linkGbS: null,
    releaseYear,
    confidence: 'low',
    sources: [{ source, confirms: [] }],
    unsourced: [],
  };
}

/** Cards that published measurements name and the collected facts lack, from the vendors' data sheets. */
export const ADDITIONAL_GPUS: readonly GpuFacts[] = [
  card(
    'v100s_32',
    'Tesla V100S-PCIE-32GB',
    ['V100S', 'Tesla V100S'],
    'NVIDIA',
    'Volta',
    70,
    32,
    'HBM2',
    1134,
    80,
    16.4,
    130,
    250,
    'gen3 x16',
    2019,
    'NVIDIA V100 data sheet, column V100S',
  ),
  card(
    'rtx_a400',
    'NVIDIA RTX A400',
    ['RTX A400', 'A400'],
    'NVIDIA',
    'Ampere',
    86,
    4,
    'GDDR6',
    96,
    6,
    2.7,
    10.8,
    50,
    'gen4 x8',
    2024,
    'NVIDIA RTX A400 data sheet',
  ),
  card(
    'rtx_5090_d',
    'NVIDIA GeForce RTX 5090 D',
    ['RTX 5090D'],
    'NVIDIA',
    'Blackwell',
    120,
    32,
    'GDDR7',
    1792,
    170,
    104.8,
    209.5,
    575,
    'gen5 x16',
    2025,
    'NVIDIA GeForce RTX 5090 D product page',
  ),
  card(
    'radeon_pro_w7700',
    'AMD Radeon PRO W7700',
    ['Radeon Pro W7700', 'PRO W7700'],
    'AMD',
    'RDNA3',
    null,
    16,
    'GDDR6',
    576,
    48,
    28.3,
    56.54,
    190,
    'gen4 x16',
    2023,
    'AMD Radeon PRO W7700 product page',
  ),
  card(
    'rx_7600',
    'AMD Radeon RX 7600',
    ['RX 7600'],
    'AMD',
    'RDNA3',
    null,
    8,
    'GDDR6',
    288,
    32,
    21.75,
    43.5,
    165,
    'gen4 x8',
    2023,
    'AMD Radeon RX 7600 product page',
  ),
  card(
    'arc_a310',
    'Intel Arc A310',
    ['Arc A310'],
    'Intel',
    'Xe-HPG',
    null,
    4,
    'GDDR6',
    124,
    6,
    3.1,
    24.6,
    75,
    'gen4 x8',
    2022,
    'Intel Arc A310 product page',
  ),
  card(
    'mtt_s4000',
    'Moore Threads MTT S4000',
    ['MTT S4000'],
    'Moore Threads',
    'Quyuan',
    null,
    48,
    'GDDR6',
    768,
    64,
    25,
    100,
    450,
    'gen5 x16',
    2023,
    'Moore Threads MTT S4000 product page',
  ),
];
