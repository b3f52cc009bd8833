/** Requests of the calculators: one JSON object, or JSON Lines in and JSON Lines out, in order. */
import { createReadStream } from 'node:fs';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { Model } from '../estimator/architecture';
import type { ModelResolver } from '../estimator/contracts/resolve';
import { nearestChoice } from '../estimator/contracts/validate';
import type { RequestProblem } from '../estimator/contracts/validate';
import type { Catalogue } from '../models/catalogue';
import { isJsonObject } from '../models/config/fields';
import { architectureFromConfig } from '../models/hfConfig';
import { ollamaModel } from '../models/ollamaNames';
import { guessFromName } from '../models/sizeGuess';
import type { ModelFacts } from '../models/source';
import { EXIT, UsageError } from './command';
import type { Terminal } from './command';

/** A response, or what is wrong with the request. */
export type RequestAnswer<T> = { readonly response: T } | { readonly problems: readonly RequestProblem[] };

/** Answers one request, already parsed. Never throws. */
export type AnswerRequest<T> = (input: unknown) => RequestAnswer<T>;

/** What an answer means for the exit code. */
export type FitsIn<T> = (response: T) => boolean;

/** Models for requests: the catalogue, copies and fine-tunes by their names, sizes in names, and configs in the request. */
export function requestModels(catalogue: Catalogue): ModelResolver {
  const factsOf = (key: string): ModelFacts | null => {
    const name = ollamaModel(key) ?? key;
    return catalogue.find(name) ?? catalogue.findByName(name) ?? guessFromName(name);
  };
  return {
    find: (key) => factsOf(key)?.model ?? null,
    said: (key) => modelSaid(factsOf(key)),
    nearest: (key) => catalogue.search(key, 1)[0] ?? nearestChoice(key, catalogue.ids()),
    describe: (config) => describe(config),
  };
}

/** Sentences about a model that is not known by its own config. */
function modelSaid(facts: ModelFacts | null): readonly string[] {
  if (facts === null || facts.confidence === 'exact') return [];
  return facts.assumptions.map((assumption) => `The model: ${assumption}.`);
}

/** A custom model of which only the size is given: the field that states it, in billions of parameters. */
const SIZE_FIELDS = ['params_b', 'model_size', 'parameters_b'];

function sizeOf(config: unknown): number | null {
  if (!isJsonObject(config)) return null;
  const stated = SIZE_FIELDS.map((field) => config[field]).find((value) => typeof value === 'number');
  return typeof stated === 'number' && Object.keys(config).every((field) => SIZE_FIELDS.includes(field)) ? stated : null;
}

function describe(config: unknown): Model | string {
  const billions = sizeOf(config);
  if (billions !== null) return guessFromName(`${billions}B`)?.model ?? `${billions} billion parameters is no size of a model`;
  const answer = architectureFromConfig(config);
  if ('problem' in answer) return answer.problem;
  return { architecture: answer.architecture, quantization: answer.quantization, exactBytes: null };
}

/**
 * Answers the requests of a file, or of standard input for `-`. A file that is one JSON object, on one line or several, is answered
 * with one indented object; several lines of JSON are answered line by line, and those that cannot be used with their number. An `id` in a
 * request stands in its answer.
 *
 * @returns the exit code: 0 when every run fits, 1 when one does not, 2 when a request cannot be used.
 */
export async function answerRequests<T extends object>(
  source: string,
  terminal: Terminal,
  answer: AnswerRequest<T>,
  fits: FitsIn<T>,
): Promise<number> {
  const input = source === '-' ? Readable.from(terminal.stdin) : createReadStream(path.resolve(terminal.cwd, source));
  let code: number = EXIT.ok;
  const say = async ({ text, line }: Line, indent: number): Promise<void> => {
    const { id, result } = answerText(text, answer);
    const place = indent === 0 && 'problems' in result ? { line } : {};
    code = Math.max(code, 'response' in result ? (fits(result.response) ? EXIT.ok : EXIT.doesNotFit) : EXIT.unusable);
    await terminal.write(`${JSON.stringify({ ...id, ...place, ...shown(result) }, null, indent)}\n`);
  };
  // Until a line after a complete one shows that these are JSON Lines, the lines may be one object.
  const held: Line[] = [];
  let byLine = false;
  let line = 0;
  try {
    for await (const text of createInterface({ input, crlfDelay: Infinity })) {
      line++;
      if (text.trim() === '') continue;
      const [first] = held;
      if (!byLine && first && held.length === 1 && isJson(first.text)) {
        byLine = true;
        await say(first, 0);
        held.pop();
      }
      if (byLine) await say({ text, line }, 0);
      else held.push({ text, line });
    }
  } catch (error) {
    throw new UsageError(`"${source}" cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
  if (!byLine && held.length === 0)
    throw new UsageError(`${source === '-' ? 'Standard input' : `"${source}"`} holds no request; JSON is needed.`);
  const whole = held.map(({ text }) => text).join('\n');
  if (held.length > 1 && !isJson(whole) && held.some(({ text }) => isJson(text))) for (const one of held) await say(one, 0);
  else if (held.length > 0) await say({ text: whole, line: 1 }, 2);
  return code;
}

/** A line of the input, or all of it, with the number of its first line, from 1. */
interface Line {
  readonly text: string;
  readonly line: number;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** One answer, and the request's own `id`, which is nobody's field but the caller's: it comes back as it was. */
interface Answered<T> {
  readonly id: { readonly id?: unknown };
  readonly result: RequestAnswer<T>;
}

function answerText<T>(text: string, answer: AnswerRequest<T>): Answered<T> {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const problem = { field: '', value: text, allowed: 'JSON', nearest: null, message: `The request is no JSON: ${why}` };
    return { id: {}, result: { problems: [problem] } };
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input) || !('id' in input)) return { id: {}, result: answer(input) };
  const { id, ...request } = input;
  return { id: { id }, result: answer(request) };
}

function shown<T extends object>(result: RequestAnswer<T>): object {
  if ('response' in result) return result.response;
  return { error: result.problems.map((problem) => problem.message).join('\n'), problems: result.problems };
}
