import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  ARGUMENTS,
  availabilityIn,
  canonicalName,
  defaultOf,
  findArgument,
  isOnByDefault,
  nearestArguments,
  nearestValue,
  resolveArgumentName,
} from '../../../src/vllm/argumentTable';

const NEW = '0.27.1';

function kindOf(written: string, version = NEW): string {
  const resolved = resolveArgumentName(written, version);
  if (resolved.kind === 'known' || resolved.kind === 'prefix')
    return `${resolved.kind} ${resolved.negated ? 'no-' : ''}${resolved.argument.name}`;
  return resolved.kind;
}

function nearest(written: string): readonly string[] {
  return nearestArguments(written, NEW).map(({ name }) => name);
}

describe('resolving names as vLLM does', () => {
  it('takes both spellings', () => {
    assert.equal(kindOf('max_model_len'), 'known max-model-len');
    assert.equal(kindOf('max-model_len'), 'known max-model-len');
  });

  it('takes the part before a dot as the argument', () => {
    const resolved = resolveArgumentName('compilation_config.cudagraph_mode', NEW);
    assert.ok(resolved.kind === 'known');
    assert.equal(resolved.argument.name, 'compilation-config');
    assert.deepEqual(resolved.path, ['cudagraph_mode']);
    assert.equal(canonicalName('a_b.c_d'), 'a-b.c_d');
  });

  it('takes negated booleans, and no negated others', () => {
    assert.equal(kindOf('no-enable-prefix-caching'), 'known no-enable-prefix-caching');
    assert.equal(kindOf('no-max-model-len'), 'unknown');
    // A store_true flag has no negation.
    assert.equal(kindOf('no-headless'), 'unknown');
  });

  it('takes any beginning that is unique', () => {
    assert.equal(kindOf('tensor-parallel'), 'prefix tensor-parallel-size');
    assert.equal(kindOf('max-num-seq'), 'prefix max-num-seqs');
    assert.equal(kindOf('kv-cache-memory'), 'prefix kv-cache-memory-bytes');
    assert.equal(kindOf('max-num'), 'ambiguous');
  });

  it('prefers an exact name to longer ones', () => {
    assert.equal(kindOf('quantization'), 'known quantization');
    assert.equal(kindOf('model'), 'known model');
  });

  it('does not take short forms', () => {
    assert.equal(kindOf('tp'), 'short-alias');
    assert.equal(kindOf('O'), 'short-alias');
    // Before quantization-config came, q was a unique beginning.
    assert.equal(kindOf('q'), 'short-alias');
    assert.equal(kindOf('q', '0.10.0'), 'prefix quantization');
  });

  it('knows what is gone and what is not there yet', () => {
    assert.equal(kindOf('swap-space'), 'removed');
    assert.equal(kindOf('swap-space', '0.10.0'), 'known swap-space');
    assert.equal(kindOf('performance-mode', '0.10.0'), 'too-new');
    assert.equal(kindOf('foo'), 'unknown');
  });

  it('gives the benefit of the doubt between two releases read', () => {
    const argument = findArgument('grpc');
    assert.ok(argument);
    assert.deepEqual(
      ['0.17.0', '0.18.0', '0.19.1'].map((version) => availabilityIn(argument, version)),
      ['absent', 'uncertain', 'present'],
    );
    assert.equal(kindOf('grpc', '0.18.0'), 'known grpc');
  });
});

describe('what people may have meant', () => {
  it('finds slips of the key', () => {
    assert.deepEqual(nearest('tensor_paralel_size'), ['tensor-parallel-size']);
    assert.equal(nearest('gpu_memory_utilisation')[0], 'gpu-memory-utilization');
    assert.equal(nearest('tensorParallelSize')[0], 'tensor-parallel-size');
  });

  it('knows other names for the same thing', () => {
    assert.equal(nearest('model_name')[0], 'model');
    assert.equal(nearest('gpu_util')[0], 'gpu-memory-utilization');
    assert.equal(nearest('context_length')[0], 'max-model-len');
  });

  it('does not guess wildly', () => {
    assert.deepEqual(nearest('startup_timeout_sec'), []);
    assert.equal(nearestValue('zzz', ['auto', 'fp8']), null);
    assert.equal(nearestValue('bfloat', ['float', 'bfloat16']), 'bfloat16');
  });
});

describe('defaults', () => {
  it('follow the version', () => {
    const share = findArgument('gpu-memory-utilization');
    assert.ok(share);
    assert.equal(defaultOf(share, '0.20.0'), 0.9);
    assert.equal(defaultOf(share, '0.21.0'), 0.92);
  });

  it('know booleans that are on when nothing is said', () => {
    const on = ARGUMENTS.filter((argument) => isOnByDefault(argument, NEW)).map(({ name }) => name);
    assert.ok(on.includes('enable-prefix-caching') && on.includes('enable-chunked-prefill'));
    assert.ok(!on.includes('enforce-eager') && !on.includes('enable-lora'));
  });
});

describe('the table', () => {
  it('has no name twice, and no meaning missing', () => {
    assert.equal(new Set(ARGUMENTS.map(({ name }) => name)).size, ARGUMENTS.length);
    assert.deepEqual(
      ARGUMENTS.filter(({ meaning, removal }) => removal === null && !/^\S.*\.$/.test(meaning)).map(({ name }) => name),
      [],
    );
  });

  it('calls text what is chosen from words', () => {
    const odd = ARGUMENTS.flatMap(({ name, fields }) =>
      fields
        .filter(({ type, choices }) => type !== 'string' && choices?.some((choice) => typeof choice === 'string'))
        .map((field) => `${name}.${field.name}`),
    );
    assert.deepEqual(odd, []);
  });

  it('has the flags that vLLM 0.27.1 lists', function () {
    const path = resolve('../shared/corpus/extra/vllm_serve_flags_0.27.1.json');
    if (!existsSync(path)) {
      console.log(`      (skipped: ${path} is not here)`);
      this.skip();
    }
    const flags = JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<'bool_pair' | 'store_true' | 'value', readonly string[]>>;
    const listed = [...flags.bool_pair, ...flags.store_true, ...flags.value].map((flag) => flag.replace(/^--/, '')).sort();
    const present = ARGUMENTS.filter((argument) => availabilityIn(argument, NEW) === 'present')
      .map(({ name }) => name)
      .sort();
    assert.deepEqual(present, listed);
    assert.deepEqual(
      flags.bool_pair.filter((flag) => findArgument(flag.slice(2))?.type !== 'boolean'),
      [],
    );
    assert.deepEqual(
      flags.store_true.filter((flag) => findArgument(flag.slice(2))?.type !== 'flag'),
      [],
    );
  });
});
