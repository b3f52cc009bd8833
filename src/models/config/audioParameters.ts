import type { Fields } from './fields';

/** Sizes of an audio encoder. What a config omits is the class default that Qwen2-Audio, Voxtral and the Omni models share: Whisper-large-v3's. */
interface AudioSizes {
  readonly width: number;
  readonly layers: number;
  readonly intermediateSize: number;
  readonly mels: number;
}

/**
 * Parameters of the audio tower and of what brings its states to the language model's width, for the outer types whose modules are known
 * (transformers modeling_qwen2_audio.py, modeling_voxtral.py, modeling_qwen2_5_omni.py and modeling_qwen3_omni_moe.py at b75feb2); null for others.
 */
export function audioParameters(outerType: string, config: Fields, hiddenSize: number): number | null {
  const sizes: AudioSizes = {
    width: config.integer('hidden_size', 'd_model') ?? 1280,
    layers: config.integer('num_hidden_layers', 'encoder_layers') ?? 32,
    intermediateSize: config.integer('intermediate_size', 'encoder_ffn_dim') ?? 5120,
    mels: config.integer('num_mel_bins') ?? 128,
  };
  const { width, intermediateSize } = sizes;
  const positions = (config.integer('max_source_positions') ?? 1500) * width;
  const output = config.integer('output_dim') ?? hiddenSize;
  switch (outerType) {
    case 'qwen2_audio':
      return whisperEncoder(sizes) + positions + linear(hiddenSize, width);
    case 'voxtral':
      // Frames are joined to the width of the encoder's feed-forward; no biases.
      return whisperEncoder(sizes) + positions + hiddenSize * (intermediateSize + hiddenSize);
    case 'qwen2_5_omni':
      // Computed positions, and an embedding each for the begin and the end of audio.
      return whisperEncoder(sizes) + linear(output, width) + 2 * output;
    case 'qwen3_omni_moe':
      return qwen3Encoder(sizes, config.integer('downsample_hidden_size') ?? 480) + linear(width, width) + linear(output, width);
    default:
      return null;
  }
}

function linear(out: number, input: number): number {
  return out * input + out;
}

/** Attention with `biases` of its four vectors, feed-forward and two LayerNorms of every layer, and the LayerNorm after them. */
function blocks({ width, layers, intermediateSize }: AudioSizes, biases: number): number {
  const attention = 4 * width * width + biases * width;
  return layers * (attention + linear(intermediateSize, width) + linear(width, intermediateSize) + 4 * width) + 2 * width;
}

/** Whisper's encoder without its positions: two convolutions over three frames; the keys have no bias. */
function whisperEncoder(sizes: AudioSizes): number {
  const { width, mels } = sizes;
  return linear(width, 3 * mels) + linear(width, 3 * width) + blocks(sizes, 3);
}

/** Three convolutions of 3 x 3 that halve frames and mels, and a projection of what is left of the mels. */
function qwen3Encoder(sizes: AudioSizes, channels: number): number {
  const convolutions = linear(channels, 9) + 2 * linear(channels, 9 * channels);
  return convolutions + sizes.width * channels * Math.ceil(sizes.mels / 8) + blocks(sizes, 4);
}
