import type { CheckpointQuantization, Model } from '../architecture';
import type { BaseQuantization, FinetuningRequest } from '../contracts/finetuning';
import { requestProblem, type RequestProblem } from '../contracts/problem';

/** A run on a quantized checkpoint: the request with the base that is really loaded, and what there is to say about it. */
export interface CheckpointBase {
  readonly request: FinetuningRequest;
  readonly said: readonly string[];
  readonly problems: readonly RequestProblem[];
}

/**
 * Methods whose weights transformers trains adapters on (`is_trainable` of its quantizers); the weights stay as they are, and a second
 * quantization asked for at loading gives way to the checkpoint's own (`merge_quantization_configs`).
 */
const TRAINABLE: ReadonlySet<string> = new Set(['awq', 'gptq', 'bitsandbytes', 'compressed-tensors', 'hqq', 'eetq', 'aqlm']);

/**
 * What transformers and PEFT make of a checkpoint that is quantized already. GGUF files are dequantized as they are loaded, which excludes
 * quantizing them again (`from_pretrained` with `gguf_file`); formats that it cannot train on (fp8, mxfp4, ModelOpt's) are dequantized
 * by those who train the model (`dequantize=True` of their configs, DeepSeek's fp8_cast_bf16.py); the rest keeps its weights under adapters,
 * and its Trainer refuses to train them themselves ("You cannot perform fine-tuning on purely quantized models").
 */
export function onCheckpoint(request: FinetuningRequest, { quantization }: Pick<Model, 'quantization'>): CheckpointBase {
  if (quantization === null) return { request, said: [], problems: [] };
  const { method, bits, ggufType } = quantization;
  const format = ggufType ?? `${method}, ${bits} bit`;
  const asked = request.base_quantization;
  const full = request.finetuning_method === 'full';
  if (!TRAINABLE.has(method)) {
    const then = asked === null ? `: the base counts in ${request.fine_tuning_quantization}` : `, then quantized to ${asked}`;
    const said = [`The checkpoint's weights (${format}) are dequantized first, since nothing trains on them as they are${then}.`];
    return { request, said, problems: method === 'gguf' && asked !== null ? [requantized(request)] : [] };
  }
  if (full) {
    const said = [`The checkpoint is quantized (${format}): a full fine-tune starts from its 16-bit original, which is counted.`];
    return { request, said, problems: [untrainable(format)] };
  }
  const kept = keptAs(quantization);
  const ignored = asked !== null && family(asked) !== family(kept) ? `; ${asked} counts for nothing` : '';
  const said = [`The base keeps the checkpoint's own format (${format}), counted as ${kept}${ignored}.`];
  return { request: { ...request, base_quantization: kept }, said, problems: [] };
}

/** The format of the contract that holds as many bits in the same way. */
function keptAs({ method, bits, type, doubleQuant }: CheckpointQuantization): BaseQuantization {
  if (method === 'bitsandbytes') return bits === 8 ? 'int8' : doubleQuant ? 'nf4_double' : 'nf4';
  if (bits >= 8) return type === 'float' ? 'fp8' : 'int8';
  return method === 'awq' ? 'awq' : 'gptq';
}

/** nf4 with and without double quantization are one format of bitsandbytes. */
function family(format: BaseQuantization): string {
  return format === 'nf4_double' ? 'nf4' : format;
}

function untrainable(format: string): RequestProblem {
  const allowed = `lora or qlora, since quantized weights (${format}) train through adapters only; a full fine-tune takes the unquantized checkpoint`;
  return requestProblem('finetuning_method', 'full', allowed, 'lora');
}

function requantized({ finetuning_method, base_quantization }: FinetuningRequest): RequestProblem {
  const why = 'transformers cannot quantize what it loads from a GGUF file; take the unquantized checkpoint';
  return finetuning_method === 'qlora'
    ? requestProblem('finetuning_method', 'qlora', `lora, since ${why} for qlora`, 'lora')
    : requestProblem('base_quantization', base_quantization, `none, since ${why} for it`, null);
}
