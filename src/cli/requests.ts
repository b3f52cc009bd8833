/** Requests of the calculators: one JSON object, or JSON Lines in and JSON Lines out, in order. */
import { createInterface } from 'node:readline';
import { nearestNumber } from '../estimator/contracts/meant';
import type { DescriptionProblems, FoundModel, ModelResolver } from '../estimator/contracts/resolve';
import { nearestChoice } from '../estimator/contracts/validate';
import type { RequestProblem } from '../estimator/contracts/problem';
import type { Catalogue } from '../models/catalogue';
import { isJsonObject } from '../models/config/fields';
import { architectureFromConfig } from '../models/hfConfig';
import { ollamaModel } from '../models/ollamaNames';
import { guessFromName, guessFromSize, SIZES_B } from '../models/sizeGuess';
import type { ModelFacts } from '../models/source';
import { loadCatalogue } from '../models/catalogueFile';
import { EXIT, openInput, parseOptions, unreadable, UsageError } from './command';
import type { Command, Terminal } from './command';
import { JsonProgress } from './jsonProgress';

/** A response, or what is wrong with the request. */
export type RequestAnswer<T> = { readonly response: T } | { readonly problems: readonly RequestProblem[] };

/** A response that may itself say why it can be no more than figures: an engine that refuses the sizes. */
export interface Response {
  readonly problems?: readonly RequestProblem[];
}

/** A command that answers requests. */
interface RequestCommand<T> extends Omit<Command, 'run'> {
  /** Answers one request, already parsed. */
  readonly answer: (input: unknown, models: ModelResolver) => RequestAnswer<T>;
  /** What an answer means for the exit code. */
  readonly fits: (response: T) => boolean;
}

/** `COMMAND [FILE|-]`. */
export function requestCommand<T extends Response>({ name, summary, help, answer, fits }: RequestCommand<T>): Command {
  return {
    name,
    summary,
    help,
    run: async (args, terminal) => {
      const { positionals } = parseOptions(args, {});
      const [source = '-', ...more] = positionals;
      if (more.length > 0) throw new UsageError(`${name} takes one file, not ${positionals.length}.`);
      const models = requestModels(await loadCatalogue());
      return answerRequests(source, terminal, (input) => answer(input, models), fits);
    },
  };
}

/** Models for requests: the catalogue, copies and fine-tunes by their names, sizes in names, and configs in the request. */
export function requestModels(catalogue: Catalogue): ModelResolver {
  const factsOf = (key: string): ModelFacts | null => {
    const name = ollamaModel(key) ?? key;
    return catalogue.find(name) ?? catalogue.findByName(name) ?? guessFromName(name);
  };
  const find = (key: string): FoundModel | null => {
    const facts = factsOf(key);
    return facts && found(facts, facts.confidence === 'exact' ? [] : facts.assumptions);
  };
  return {
    find,
    nearest: (key) => catalogue.search(key, 1)[0] ?? nearestChoice(key, catalogue.ids()),
    describe,
  };
}

/** A model with what is assumed of it, where it is not known by its own config. */
function found({ model, confidence }: Pick<ModelFacts, 'model' | 'confidence'>, assumptions: readonly string[]): FoundModel {
  return { model, assumptions: assumptions.map((assumption) => `The model: ${assumption}.`), isGuess: confidence === 'guessed' };
}

/** The field of a custom model that states its size, in billions of parameters, where nothing else is known. */
const SIZE_FIELDS = ['params_b', 'model_size', 'parameters_b'];

function describe(config: unknown): FoundModel | DescriptionProblems {
  const stated = isJsonObject(config) ? Object.keys(config) : [];
  const [field] = stated;
  if (isJsonObject(config) && field !== undefined && stated.every((name) => SIZE_FIELDS.includes(name)))
    return ofSize(field, config[field]);
  const answer = architectureFromConfig(config);
  if (!('problem' in answer)) {
    const model = { architecture: answer.architecture, quantization: answer.quantization, exactBytes: null };
    return found({ model, confidence: 'exact' }, answer.assumptions);
  }
  const [first, ...more] = answer.fields.map(({ expected, ...problem }) => ({ ...problem, allowed: expected }));
  return first ? [first, ...more] : [{ field: '', value: config, allowed: answer.problem, nearest: null }];
}

function ofSize(field: string, billions: unknown): FoundModel | DescriptionProblems {
  if (typeof billions === 'number' && billions >= SIZES_B.min && billions <= SIZES_B.max) {
    const facts = guessFromSize(billions);
    return found(facts, facts.assumptions);
  }
  const allowed = `billions of parameters, a number from ${SIZES_B.min} to ${SIZES_B.max}`;
  return [{ field, value: billions, allowed, nearest: nearestNumber(billions, SIZES_B) }];
}

/**
 * Answers the requests of a file, or of standard input for `-`. A file that is one JSON object, on one line or several, is answered
 * with one indented object; several lines of JSON are answered line by line as they come, and those that cannot be used with their number.
 * An `id` in a request stands in its answer.
 *
 * @returns the exit code: 0 when every run fits, 1 when one does not, 2 when a request cannot be used or its engine refuses it.
 */
async function answerRequests<T extends Response>(
  source: string,
  terminal: Terminal,
  answer: (input: unknown) => RequestAnswer<T>,
  fits: (response: T) => boolean,
): Promise<number> {
  let code: number | null = null;
  for await (const request of requestTexts(linesOf(source, terminal))) {
    const { id, result } = answerText(request, answer);
    const isUnusable = problemsOf(result).length > 0;
    const place = request.line !== null && isUnusable ? { line: request.line } : {};
    code = Math.max(
      code ?? EXIT.ok,
      isUnusable ? EXIT.unusable : 'response' in result && fits(result.response) ? EXIT.ok : EXIT.doesNotFit,
    );
    await terminal.write(`${JSON.stringify({ ...id, ...place, ...shown(result) }, null, request.line === null ? 2 : 0)}\n`);
  }
  if (code === null) throw new UsageError(`${source === '-' ? 'Standard input' : `"${source}"`} holds no request; JSON is needed.`);
  return code;
}

/** The lines of a file, or of standard input for `-`. */
async function* linesOf(source: string, terminal: Terminal): AsyncGenerator<string> {
  try {
    yield* createInterface({ input: openInput(source, terminal), crlfDelay: Infinity });
  } catch (error) {
    throw unreadable(source, error);
  }
}

/** The text of one request. */
interface RequestText {
  readonly text: string;
  /** Its line, from 1, among several requests; null where it is the whole input. */
  readonly line: number | null;
}

/**
 * Characters held of an input that is no JSON document and has no line that is one by itself: far more than a document written by hand has,
 * so that one with a slip in it is answered with one error.
 */
const MOST_HELD = 1 << 20;

/**
 * Tells JSON Lines from one document on several lines, and holds lines only for as long as they may be the document: until a line that is an
 * object by itself cannot continue what came before it.
 */
export async function* requestTexts(lines: AsyncIterable<string>): AsyncGenerator<RequestText> {
  const progress = new JsonProgress();
  const held: { readonly text: string; readonly line: number }[] = [];
  let byLine = false;
  let characters = 0;
  let objects = 0;
  let line = 0;
  for await (const raw of lines) {
    line++;
    // Editors and shells of Windows write a byte order mark.
    const text = line === 1 ? raw.replace(/^\ufeff/, '') : raw;
    if (byLine) {
      if (!isBlank(text)) yield { text, line };
      continue;
    }
    held.push({ text, line });
    characters += text.length;
    if (isObject(text)) objects++;
    if (!progress.isBroken) progress.read(text);
    byLine = progress.isBroken && (objects > 0 || characters > MOST_HELD);
    if (byLine) yield* held.splice(0).filter((one) => !isBlank(one.text));
  }
  const whole = held.map(({ text }) => text).join('\n');
  if (!isBlank(whole)) yield { text: whole, line: null };
}

function isBlank(text: string): boolean {
  return text.trim() === '';
}

/** Whether a line is a JSON object by itself. */
function isObject(text: string): boolean {
  const progress = new JsonProgress();
  if (text.trimStart().startsWith('{')) progress.read(text);
  return progress.isComplete;
}

/** One answer, and the request's own `id`, which is nobody's field but the caller's: it comes back as it was. */
interface Answered<T> {
  readonly id: { readonly id?: unknown };
  readonly result: RequestAnswer<T>;
}

function answerText<T>({ text, line }: RequestText, answer: (input: unknown) => RequestAnswer<T>): Answered<T> {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (error) {
    const message = `The request${line === null ? '' : ` on line ${line}`} is no JSON: ${jsonMistake(error, line !== null)}`;
    return { id: {}, result: { problems: [{ field: '', value: text, allowed: 'JSON', nearest: null, message }] } };
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input) || !('id' in input))
    return { id: {}, result: attempted(input, answer) };
  const { id, ...request } = input;
  return { id: { id }, result: attempted(request, answer) };
}

/** An answer; where giving it fails, a problem of this request, so that the others get theirs. */
export function attempted<T>(input: unknown, answer: (input: unknown) => RequestAnswer<T>): RequestAnswer<T> {
  try {
    return answer(input);
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const message = `The calculator itself fails on this request: ${why}`;
    return { problems: [{ field: '', value: input, allowed: 'a request on which the calculator does not fail', nearest: null, message }] };
  }
}

/** What V8 says of a mistake; newer ones add the place within the text, whose first line is not that of the input. */
function jsonMistake(error: unknown, isLine: boolean): string {
  const message = error instanceof Error ? error.message : String(error);
  return isLine ? message.replace(/ \(line \d+ column \d+\)$/, '') : message;
}

/** What is wrong with a request, whether or not there are figures beside it. */
export function problemsOf(result: RequestAnswer<Response>): readonly RequestProblem[] {
  return 'response' in result ? (result.response.problems ?? []) : result.problems;
}

/** An answer as it is printed: where something is wrong, that comes first. */
export function shown(result: RequestAnswer<Response>): object {
  const problems = problemsOf(result);
  const error = problems.length === 0 ? {} : { error: problems.map(({ message }) => message).join('\n'), problems };
  return { ...error, ...('response' in result ? result.response : {}) };
}
