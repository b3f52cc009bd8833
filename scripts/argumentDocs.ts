import { ARGUMENTS, defaultOf, isOnByDefault } from '../src/vllm/argumentTable';
import type { Argument, Removal } from '../src/vllm/argumentTable';
import type { ArgumentValue } from '../src/vllm/arguments';
import { RULES } from '../src/vllm/rules/catalogue';
import { RULE_TEXTS } from './ruleTexts';
import type { RuleBasis, RuleInfo } from '../src/vllm/rules/catalogue';
import { NEWEST_VERSION } from '../src/vllm/versions';
import { presentArguments } from './argumentSchema';

function code(value: ArgumentValue): string {
  return `\`${typeof value === 'object' ? JSON.stringify(value) : String(value)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function defaultCell(argument: Argument): string {
  const value = defaultOf(argument, NEWEST_VERSION);
  if (value === null) return isOnByDefault(argument, NEWEST_VERSION) ? 'on' : '';
  return value === '' || (Array.isArray(value) && value.length === 0) ? '' : code(value);
}

function typeCell(argument: Argument): string {
  if (argument.choices) return argument.choices.map(code).join(' ');
  return [argument.type, ...(argument.humanSize ? ['`32k` `32K`'] : []), ...argument.keywords.map(code)].join(' ');
}

function argumentRow(argument: Argument): string {
  const cells = [
    code(argument.name),
    typeCell(argument),
    defaultCell(argument),
    argument.since ?? '',
    argument.memory.join(' '),
    argument.meaning,
  ];
  return `| ${cells.map(cell).join(' | ')} |`;
}

function fieldRows(argument: Argument): readonly string[] {
  return argument.fields
    .filter(({ meaning }) => meaning !== undefined)
    .map((field) => {
      const cells = [
        code(`${argument.name}.${field.name}`),
        field.choices ? field.choices.map(code).join(' ') : field.type,
        field.default === undefined ? '' : code(field.default),
        '',
        '',
        field.meaning ?? '',
      ];
      return `| ${cells.map(cell).join(' | ')} |`;
    });
}

function replacementCell({ replacement, note }: Removal): string {
  if (!replacement) return note ?? '';
  if ('rename' in replacement) return code(replacement.rename);
  if ('field' in replacement) return code(replacement.field.join('.'));
  return Object.entries(replacement.set)
    .map(([key, value]) => code(`${key}: ${String(value)}`))
    .join(', ');
}

const HEAD = '| argument | type or values | default | since | memory | meaning |\n|---|---|---|---|---|---|';

/** The page of every argument. */
export function argumentsPage(): string {
  const groups = [...new Set(presentArguments().map(({ group }) => group))];
  const sections = groups.map((group) => {
    const rows = presentArguments()
      .filter((argument) => argument.group === group && argument.removal === null)
      .flatMap((argument) => [argumentRow(argument), ...fieldRows(argument)]);
    return rows.length === 0 ? '' : `## ${group}\n\n${HEAD}\n${rows.join('\n')}\n`;
  });
  const removed = ARGUMENTS.flatMap((argument) =>
    argument.removal
      ? [
          `| ${[code(argument.name), argument.removal.lastSeen, argument.removal.goneBy, replacementCell(argument.removal)].map(cell).join(' | ')} |`,
        ]
      : [],
  );
  return [
    '# Arguments of vLLM',
    '',
    `What the extension knows of the arguments of \`vllm serve\`, as of ${NEWEST_VERSION}. Made from \`data/arguments.json\`; do not edit.`,
    '`since` names the first release read that has the argument, and nothing where all have it. `memory` names what it is paid from.',
    '',
    ...sections.filter((section) => section !== ''),
    '## Removed arguments',
    '',
    '| argument | last seen | gone by | instead |',
    '|---|---|---|---|',
    ...removed,
    '',
  ].join('\n');
}

const DECIDED_BY: Readonly<Record<RuleBasis, string>> = {
  arguments: 'the arguments alone',
  model: 'the arguments and the model',
  gpu: 'the arguments, the model and the GPU',
  file: 'the text of the file',
  startup: 'the simulated start-up',
  environment: 'facts that a file seldom shows: environment variables, the host',
  advice: 'the simulated start-up; refuses nothing',
};

/** A bad file of a rule and what its first fix makes of it; null where there is no example. */
export interface Example {
  readonly bad: string;
  readonly fixed: string | null;
}

function ruleSection(rule: RuleInfo, example: Example | null): string {
  const versions = rule.since === null && rule.until === null ? 'all' : `${rule.since ?? 'the first'} to ${rule.until ?? 'the newest'}`;
  const yaml = (text: string): string => `\`\`\`yaml\n${text.trimEnd()}\n\`\`\``;
  const text = RULE_TEXTS[rule.code];
  if (!text) throw new Error(`data/rule-texts.json says nothing of ${rule.code}`);
  return [
    `## ${rule.code}`,
    '',
    `**${text.title}.** ${text.why}`,
    '',
    `${text.remedy}`,
    '',
    `Severity: ${rule.severity} · vLLM versions: ${versions} · decided by ${DECIDED_BY[rule.basis]}`,
    '',
    ...(text.unreported === undefined ? [] : [text.unreported, '']),
    ...(example ? [yaml(example.bad), ''] : []),
    ...(example?.fixed ? ['The quick fix makes of it:', '', yaml(example.fixed), ''] : []),
  ].join('\n');
}

/** The page of every rule; its headings are the codes. */
export function rulesPage(exampleOf: (code: string) => Example | null): string {
  return [
    '# Rules',
    '',
    'What the extension reports in a file that configures vLLM. Each heading is the code that stands behind a problem.',
    'The setting `vramPlanner.rules` gives a code another severity or turns it off. In a file, `# vram: disable-next-line CODE`,',
    '`# vram: disable-line CODE` and `# vram: disable-file CODE` do. Made from `data/rules.json` and `data/rule-texts.json`; do not edit.',
    '',
    ...RULES.map((rule) => ruleSection(rule, exampleOf(rule.code))),
  ].join('\n');
}
