/**
 * Values as vLLM sees them: YAML 1.1 scalars as PyYAML's safe loader resolves them, then what vLLM's argument parser makes of the text.
 * Patterns from PyYAML 6.0 (`resolver.py`); sizes from vLLM's `human_readable_int` (`vllm/engine/arg_utils.py`).
 */
import type { Argument } from '../vllm/argumentTable';
import type { ArgumentValue } from '../vllm/arguments';

const TRUE = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const NULL = /^(?:~|null|Null|NULL|)$/;
const BINARY = /^([-+]?)0b([01_]+)$/;
const OCTAL = /^([-+]?)0([0-7_]+)$/;
const DECIMAL = /^[-+]?(?:0|[1-9][0-9_]*)$/;
const HEXADECIMAL = /^([-+]?)0x([0-9a-fA-F_]+)$/;
const SEXAGESIMAL = /^([-+]?)([1-9][0-9_]*(?::[0-5]?[0-9])+|[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*)$/;
/** A dot is required, and a sign in the exponent: `2e-5` and `1.0e5` are strings. */
const FLOAT = /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+][0-9]+)?$/;
const INFINITE = /^([-+]?)\.(?:inf|Inf|INF)$/;
/** First characters of everything above; PyYAML too looks no further where a scalar begins otherwise. */
const MAY_BE_MORE_THAN_TEXT = /^(?:[-+.~\dyYnNtTfFoO]|$)/;

const NOT_A_NUMBER = /^\.(?:nan|NaN|NAN)$/;
/** A date, or a date and a time with or without its zone. */
const MOMENT = /^(?:\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$/;

/** What PyYAML's resolver takes a plain scalar for; `merge` is `<<` and `value` is `=`. */
export type PlainScalarKind = 'null' | 'bool' | 'int' | 'float' | 'timestamp' | 'merge' | 'value' | 'str';

export function plainScalarKind(source: string): PlainScalarKind {
  if (source === '<<') return 'merge';
  if (source === '=') return 'value';
  if (!MAY_BE_MORE_THAN_TEXT.test(source)) return 'str';
  if (NULL.test(source)) return 'null';
  if (TRUE.test(source) || FALSE.test(source)) return 'bool';
  if (SEXAGESIMAL.test(source)) return source.includes('.') ? 'float' : 'int';
  if (FLOAT.test(source) || INFINITE.test(source) || NOT_A_NUMBER.test(source)) return 'float';
  if ([DECIMAL, BINARY, OCTAL, HEXADECIMAL].some((pattern) => pattern.test(source))) return 'int';
  return MOMENT.test(source) ? 'timestamp' : 'str';
}

function wholeNumber(sign: string | undefined, digits: string | undefined, base: number): number {
  const value = Number.parseInt(`0${digits ?? ''}`.replaceAll('_', ''), base);
  return sign === '-' ? -value : value;
}

/** The value of a plain (unquoted) scalar by YAML 1.1: `on` is true, `010` is 8, `1_000` is 1000, `2e-5` stays text. */
export function plainScalarValue(source: string): ArgumentValue {
  if (!MAY_BE_MORE_THAN_TEXT.test(source)) return source;
  if (NULL.test(source)) return null;
  if (TRUE.test(source)) return true;
  if (FALSE.test(source)) return false;
  if (DECIMAL.test(source) || FLOAT.test(source)) return Number(source.replaceAll('_', ''));
  const binary = BINARY.exec(source);
  if (binary) return wholeNumber(binary[1], binary[2], 2);
  const octal = OCTAL.exec(source);
  if (octal) return wholeNumber(octal[1], octal[2], 8);
  const hexadecimal = HEXADECIMAL.exec(source);
  if (hexadecimal) return wholeNumber(hexadecimal[1], hexadecimal[2], 16);
  const sexagesimal = SEXAGESIMAL.exec(source);
  if (sexagesimal) {
    const parts = (sexagesimal[2] ?? '').replaceAll('_', '').split(':').map(Number);
    const value = parts.reduce((sum, part) => sum * 60 + part, 0);
    return sexagesimal[1] === '-' ? -value : value;
  }
  const infinite = INFINITE.exec(source);
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity;
  return source;
}

const TIMESTAMP = /^\d{4}-\d\d?-\d\d?/;
const SAFE_TEXT = /^[\p{L}\p{N}_./][\p{L}\p{N}_./@+-]*(?::[\p{L}\p{N}_./@+-]+)*$/u;

/** Whether YAML reads `text`, written without quotes, as exactly this string wherever a value may stand. */
export function isPlainSafe(text: string): boolean {
  return SAFE_TEXT.test(text) && !TIMESTAMP.test(text) && plainScalarValue(text) === text;
}

const SIZE = /^(\d+)([kKmMgGtT])$|^(\d+\.\d+)([kmgt])$/;

/**
 * Sizes of the arguments that take them: `32k` is 32,000 and `32K` is 32,768; decimals only with a small letter.
 * Null when the text is no such size.
 */
export function humanSize(text: string): number | null {
  const match = SIZE.exec(text.trim());
  if (!match) return null;
  const letter = match[2] ?? match[4] ?? '';
  const power = 'kmgt'.indexOf(letter.toLowerCase()) + 1;
  const unit = letter === letter.toLowerCase() ? 1000 : 1024;
  return Math.trunc(Number(match[1] ?? match[3]) * unit ** power);
}

/**
 * What an argument takes from a value: quoted numbers and sizes as numbers, the word "true" as the flag.
 * What vLLM would refuse stays as it is written, for the rules to see.
 * @param source text of an unquoted scalar; undefined otherwise. A fraction given to a whole-number argument stays text (`2.0`).
 */
export function valueFor(argument: Argument | null, value: ArgumentValue, source?: string): ArgumentValue {
  if (!argument) return value;
  const whole = argument.type === 'integer';
  if (typeof value === 'number') return whole && source !== undefined && FLOAT.test(source) ? source : value;
  if (typeof value !== 'string') return value;
  if (whole || argument.type === 'number') {
    const size = argument.humanSize ? humanSize(value) : null;
    if (size !== null) return size;
    const pattern = whole ? /^\s*[-+]?\d+\s*$/ : /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$/;
    return pattern.test(value) ? Number(value) : value;
  }
  const isFlag = argument.type === 'boolean' || argument.type === 'flag';
  return isFlag && value.toLowerCase() === 'true' ? true : value;
}
