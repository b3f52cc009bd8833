import { nearestValue } from '../vllm/argumentTable';
import type { Argument } from '../vllm/argumentTable';
import type { ArgumentValue } from '../vllm/arguments';
import { toObject } from '../vllm/argumentValues';
import type { Fix } from '../vllm/findings';
import { isSince } from '../vllm/release';
import { setFix } from '../vllm/rules/rule';
import type { DeploymentArgument } from './deployment';
import { removeThis, trapOn } from './trap';
import type { Trap, TrapParts } from './trap';
import { plainScalarValue } from './values';

/** First release whose parser reads sizes such as `32k` (vllm/engine/arg_utils.py, `human_readable_int`). */
const HUMAN_SIZES_SINCE = '0.9.0';
/** First release whose `max-model-len` takes `auto`. */
const AUTO_LENGTH_SINCE = '0.14.0';
/** First release that turns a mapping into JSON (ca1969186d). */
const MAPPINGS_SINCE = '0.16.0';
/** First release whose `compilation-config` takes no bare level any more, as far as its parser was tried. */
const NO_BARE_LEVEL_SINCE = '0.27.1';

const SUFFIXED = /^\s*(\d+(?:\.\d+)?)\s*([kKmMgGtT])\s*$/;
const SMALL_SUFFIX = /^\s*(\d+)([kmgt])\s*$/;
const FRACTION = /^\s*[-+]?\d*\.\d*\s*$/;
const PERCENT = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/;

function isMapping(value: ArgumentValue | undefined): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function atValue(argument: DeploymentArgument, code: string, parts: TrapParts): Trap {
  return trapOn(argument, code, parts, argument.valueRange ?? argument.keyRange);
}

function shown(value: ArgumentValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The number of a size; small letters are powers of 1000, large ones of 1024. */
function sizeOf(text: string): number | null {
  const match = SUFFIXED.exec(text);
  if (!match) return null;
  const letter = match[2] ?? '';
  const unit = letter === letter.toLowerCase() ? 1000 : 1024;
  return Math.trunc(Number(match[1]) * unit ** ('kmgt'.indexOf(letter.toLowerCase()) + 1));
}

function invalidNumber(spec: Argument, text: string): string {
  return `argument --${spec.name}: invalid ${spec.type === 'integer' ? 'int' : 'float'} value: '${text}'`;
}

function nullTrap(argument: DeploymentArgument, spec: Argument): Trap | null {
  const isRefused = spec.type === 'integer' || spec.type === 'number' || spec.type === 'integers' || spec.choices !== null;
  if (!isRefused || spec.nullable) return null;
  return trapOn(argument, 'yaml-null', {
    message: `An empty value becomes the word None, which ${spec.name} refuses. Leave the line out for vLLM's default.`,
    vllmMessage: spec.choices === null ? invalidNumber(spec, 'None') : `argument --${spec.name}: invalid choice: 'None'`,
    fixes: [removeThis(argument, true)],
  });
}

function wholeNumberTrap(argument: DeploymentArgument, spec: Argument, value: ArgumentValue, version: string): Trap | null {
  const text = argument.source ?? shown(value);
  const takesSizes = spec.humanSize && isSince(version, HUMAN_SIZES_SINCE);
  const size = sizeOf(text);
  if (typeof value === 'number' && Number.isInteger(value)) {
    if (!SUFFIXED.test(text)) return null;
    return takesSizes ? smallSuffixTrap(argument, spec, text, value) : sizeTrap(argument, spec, text, value);
  }
  if (spec.keywords.includes(text) && isSince(version, AUTO_LENGTH_SINCE)) return null;
  if (size !== null && !takesSizes) return sizeTrap(argument, spec, text, size);
  if (FRACTION.test(text) || typeof value === 'number') {
    const whole = Number(text);
    return atValue(argument, 'yaml-float', {
      message: `${spec.name} takes a whole number; vLLM does not read ${text} as one.`,
      vllmMessage: invalidNumber(spec, text),
      fixes: Number.isInteger(whole) ? [setFix(spec.name, whole, { preferred: true })] : [],
    });
  }
  return numberTrap(argument, spec, text);
}

function sizeTrap(argument: DeploymentArgument, spec: Argument, text: string, size: number): Trap {
  return atValue(argument, 'yaml-human', {
    message: `${spec.name} takes no size suffix; ${text.trim()} would be ${size}.`,
    vllmMessage: invalidNumber(spec, text),
    fixes: [setFix(spec.name, size)],
  });
}

function smallSuffixTrap(argument: DeploymentArgument, spec: Argument, text: string, value: number): Trap | null {
  const match = SMALL_SUFFIX.exec(text);
  if (!match) return null;
  const large = `${match[1] ?? ''}${(match[2] ?? '').toUpperCase()}`;
  const meant = sizeOf(large) ?? value;
  return atValue(argument, 'yaml-k-vs-K', {
    message: `${text.trim()} is ${value.toLocaleString('en-US')}; ${large} would be ${meant.toLocaleString('en-US')}.`,
    fixes: [setFix(spec.name, large, { note: String(meant) })],
  });
}

function numberTrap(argument: DeploymentArgument, spec: Argument, text: string): Trap {
  const percent = PERCENT.exec(text);
  const share = percent && spec.type === 'number' ? Number(percent[1]) / 100 : null;
  return atValue(argument, 'yaml-number', {
    message: `${spec.name} takes a ${spec.type === 'integer' ? 'whole ' : ''}number; ${text} is none.`,
    vllmMessage: invalidNumber(spec, text),
    fixes: share === null ? [] : [setFix(spec.name, share)],
  });
}

function choiceTrap(argument: DeploymentArgument, spec: Argument, value: ArgumentValue): Trap | null {
  // These have rules of their own, which know more.
  if (spec.choices === null || spec.name === 'kv-cache-dtype' || spec.name === 'max-lora-rank') return null;
  const choices = spec.choices.map(String);
  const text = argument.source ?? shown(value);
  if (typeof value !== 'object' && choices.includes(text)) return null;
  const nearest = nearestValue(text, choices);
  return atValue(argument, 'yaml-choice', {
    message: `${spec.name} takes ${choices.join(', ')}; ${text} is not among them.`,
    vllmMessage: `argument --${spec.name}: invalid choice: '${text}' (choose from ${choices.join(', ')})`,
    fixes: nearest === null ? [] : [setFix(spec.name, nearest)],
  });
}

/** "Write it as JSON": the same value as one line of text. */
function asJson(spec: Argument, value: ArgumentValue): Fix {
  return { title: 'Write it as JSON in quotes', edits: { [spec.name]: JSON.stringify(value) }, remove: [], preferred: true };
}

function jsonTrap(argument: DeploymentArgument, spec: Argument, value: ArgumentValue, version: string): Trap | null {
  if (isMapping(value)) {
    if (isSince(version, MAPPINGS_SINCE)) return null;
    return trapOn(argument, 'yaml-nested-old', {
      message: `vLLM ${version} turns a mapping into text that is no JSON; ${MAPPINGS_SINCE} and newer read it.`,
      fixes: [asJson(spec, value)],
    });
  }
  if (Array.isArray(value)) {
    if (!spec.jsonList) return null;
    return trapOn(argument, 'yaml-json-list', {
      message: `${spec.name} reads one JSON text; a YAML list becomes several words.`,
      vllmMessage: `argument --${spec.name}: invalid loads value: '${shown((value as readonly ArgumentValue[])[0] ?? '')}'`,
      fixes: [asJson(spec, value)],
    });
  }
  if (spec.name === 'compilation-config' && typeof value === 'number') return levelTrap(argument, value, version);
  if (spec.orString || typeof value !== 'string' || spec.jsonList) return null;
  if (toObject(value) !== null || value.trim().startsWith('[')) return null;
  // One entry, with a sign of its own or without the space that would make it a mapping.
  const pair = /^(\w+)(?:=(?=\d+$)|:)([\w.+-]+)$/.exec(value);
  return atValue(argument, 'yaml-json', {
    message: `${spec.name} takes a mapping or JSON text; ${value} is neither.`,
    vllmMessage: `argument --${spec.name}: invalid loads value: '${value}'`,
    fixes: pair?.[1] === undefined ? [] : [setFix(spec.name, { [pair[1]]: plainScalarValue(pair[2] ?? '') }, { preferred: true })],
  });
}

/** Levels that became optimization levels of the same number. */
const LARGEST_LEVEL = 3;

function levelTrap(argument: DeploymentArgument, level: number, version: string): Trap | null {
  if (!isSince(version, NO_BARE_LEVEL_SINCE)) return null;
  const moved: Fix = {
    title: `Set optimization-level to ${level}`,
    edits: { 'optimization-level': level },
    remove: [],
    removeAt: [argument.keyRange.start],
    preferred: true,
  };
  return atValue(argument, 'yaml-json', {
    message: 'compilation-config takes no bare level any more; optimization-level does.',
    vllmMessage: `argument --compilation-config: invalid value: '${level}'`,
    fixes: level >= 0 && level <= LARGEST_LEVEL ? [moved] : [],
  });
}

function listTrap(argument: DeploymentArgument, spec: Argument, value: ArgumentValue): Trap | null {
  if (!Array.isArray(value)) return null;
  const items = value as readonly ArgumentValue[];
  if (!items.some(isMapping)) return null;
  const fix: Fix = {
    title: 'Write each item as JSON in quotes',
    edits: { [spec.name]: items.map((item) => (isMapping(item) ? JSON.stringify(item) : item)) },
    remove: [],
    preferred: true,
  };
  return trapOn(argument, 'yaml-list-of-maps', {
    message: `Each mapping of ${spec.name} becomes text that is no JSON.`,
    vllmMessage: `Invalid JSON format for --${spec.name}: ${shown(items.find(isMapping) ?? '')}`,
    fixes: [fix],
  });
}

function valueTrap(argument: DeploymentArgument, spec: Argument, value: ArgumentValue, version: string): Trap | null {
  if (value === null) return nullTrap(argument, spec);
  if (value === false) return null;
  switch (spec.type) {
    case 'integer':
      return wholeNumberTrap(argument, spec, value, version);
    case 'number':
      return typeof value === 'number' ? null : numberTrap(argument, spec, argument.source ?? shown(value));
    case 'string':
      return choiceTrap(argument, spec, value);
    case 'json':
      return jsonTrap(argument, spec, value, version);
    case 'strings':
    case 'integers':
      return listTrap(argument, spec, value);
    case 'boolean':
    case 'flag':
      return null;
  }
}

/** What vLLM's parser would make of a value it cannot read. Values that cannot be known are not judged. */
export function valueTraps(argument: DeploymentArgument, spec: Argument, version: string): readonly Trap[] {
  if (argument.value === undefined || spec.removal !== null) return [];
  const trap = valueTrap(argument, spec, argument.value, version);
  return trap ? [trap] : [];
}
