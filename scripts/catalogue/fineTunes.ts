import type { JsonObject } from '../../src/models/config/fields';

/** A fine-tune: its base, where that is stated, and fields in which its checkpoint differs from the base's config. */
interface FineTune {
  readonly base: string;
  readonly seen: string;
  readonly differs?: JsonObject;
}

/** Fine-tunes whose name does not carry their base's; by the base alone where their own model card on Hugging Face names it. */
export const FINE_TUNES: Readonly<Record<string, string | FineTune>> = {
  'NousResearch/Hermes-4-14B': 'Qwen/Qwen3-14B',
  'NousResearch/Hermes-4-70B': 'meta-llama/Llama-3.1-70B',
  'NousResearch/Hermes-4-405B': 'meta-llama/Llama-3.1-405B',
  'ai21labs/AI21-Jamba-Mini-1.7': {
    base: 'ai21labs/AI21-Jamba-Mini-1.6',
    seen: 'https://huggingface.co/ai21labs/AI21-Jamba-Mini-1.7 (model card: 52B, 12B active)',
  },
  'ai21labs/AI21-Jamba-Large-1.7': {
    base: 'ai21labs/AI21-Jamba-Large-1.6',
    seen: 'https://huggingface.co/ai21labs/AI21-Jamba-Large-1.7 (model card: 399B, 94B active)',
  },
  'moonshotai/Kimi-Dev-72B': 'Qwen/Qwen2.5-72B',
  'nvidia/Cosmos-Reason1-7B': 'Qwen/Qwen2.5-VL-7B-Instruct',
  // Both store the head beside the embedding, which their base shares: 2,438,696,960 and 8,767,123,696 parameters.
  'nvidia/Cosmos-Reason2-2B': {
    base: 'Qwen/Qwen3-VL-2B-Instruct',
    seen: 'https://huggingface.co/nvidia/Cosmos-Reason2-2B (model card)',
    differs: { tie_word_embeddings: false },
  },
  'nvidia/Cosmos-Reason2-8B': 'Qwen/Qwen3-VL-8B-Instruct',
  'HuggingFaceH4/zephyr-7b-beta': 'mistralai/Mistral-7B-v0.1',
  'lmsys/vicuna-7b-v1.5': 'meta-llama/Llama-2-7b-hf',
  'lmsys/vicuna-13b-v1.5': 'meta-llama/Llama-2-13b-hf',
  'open-thoughts/OpenThinker-7B': 'Qwen/Qwen2.5-7B-Instruct',
  'open-thoughts/OpenThinker-32B': 'Qwen/Qwen2.5-32B-Instruct',
  'simplescaling/s1-32B': { base: 'Qwen/Qwen2.5-32B-Instruct', seen: 'https://arxiv.org/abs/2501.19393' },
  'NovaSky-AI/Sky-T1-32B-Preview': {
    base: 'Qwen/Qwen2.5-32B-Instruct',
    seen: 'https://novasky-ai.github.io/posts/sky-t1/',
  },
  'agentica-org/DeepScaleR-1.5B-Preview': 'deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B',
  'agentica-org/DeepCoder-14B-Preview': 'deepseek-ai/DeepSeek-R1-Distill-Qwen-14B',
  'AIDC-AI/Marco-o1': { base: 'Qwen/Qwen2-7B-Instruct', seen: 'https://github.com/AIDC-AI/Marco-o1' },
  'agentica-org/DeepSWE-Preview': { base: 'Qwen/Qwen3-32B', seen: 'https://huggingface.co/lmstudio-community/DeepSWE-Preview-GGUF' },
  'ByteDance-Seed/UI-TARS-7B-DPO': {
    base: 'Qwen/Qwen2-VL-7B-Instruct',
    seen: 'https://huggingface.co/bytedance-research/UI-TARS-7B-DPO/tree/37e5c4101f4fba0c5b4aeaeda8d2d3956b50f89d (qwen2_vl, 16.6 GB)',
  },
  'ByteDance-Seed/UI-TARS-7B-SFT': {
    base: 'Qwen/Qwen2-VL-7B-Instruct',
    seen: 'https://huggingface.co/ByteDance-Seed/UI-TARS-7B-SFT/tree/main (qwen2_vl, 33.2 GB in fp32)',
  },
  'PrimeIntellect/INTELLECT-2': 'Qwen/QwQ-32B',
};
