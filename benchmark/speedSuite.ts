// What only a running editor can measure. Loaded by the extension host; prints one JSON value a line, marked, for
// benchmark/speed.ts to read.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import * as vscode from 'vscode';
import { mark, refusedFile, vllmFile } from './speedFiles';

const extensionId = 'vllm-vram-planner.vllm-vram-planner';

function say(name: string, unit: string, values: readonly number[]): void {
  console.log(mark + JSON.stringify({ name, unit, values }));
}

async function until<T>(what: string, get: () => T | undefined, stepMs = 1): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const value = get();
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(`timed out waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, stepMs));
  }
}

async function write(name: string, text: string): Promise<vscode.Uri> {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (!folder) throw new Error('no workspace folder is open');
  const uri = vscode.Uri.joinPath(folder.uri, name);
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  return uri;
}

async function timed(work: () => PromiseLike<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Milliseconds for which nothing else in the extension host got its turn while `work` ran: the longest such time. */
async function held(work: () => PromiseLike<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await work();
  // The histogram notes a delay when it is over.
  await new Promise((resolve) => setTimeout(resolve, 20));
  delay.disable();
  return delay.max / 1e6;
}

/** Milliseconds from opening a file to its first diagnostic. */
async function openToDiagnostics(name: string, text: string): Promise<{ took: number; heldFor: number }> {
  const uri = await write(name, text);
  let took = 0;
  const open = async (): Promise<void> => {
    await vscode.workspace.openTextDocument(uri);
    await until('a diagnostic', () => (vscode.languages.getDiagnostics(uri).length > 0 ? true : undefined));
  };
  const heldFor = await held(async () => (took = await timed(open)));
  return { took, heldFor };
}

/** Milliseconds of one hover on `max-model-len`. */
function hover(uri: vscode.Uri, line: number): Promise<number> {
  return timed(async () => {
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', uri, new vscode.Position(line, 3));
    if (hovers.length === 0) throw new Error(`no hover in line ${line + 1}`);
  });
}

function lineOf(document: vscode.TextDocument, key: string): number {
  for (let line = 0; line < document.lineCount; line += 1) if (document.lineAt(line).text.startsWith(`${key}:`)) return line;
  throw new Error(`no line begins with ${key}`);
}

export async function run(): Promise<void> {
  const first = await write('first.vllm.yaml', vllmFile(200, false));
  const document = await vscode.workspace.openTextDocument(first);
  await vscode.window.showTextDocument(document);
  await until('activation', () => (vscode.extensions.getExtension(extensionId)?.isActive === true ? true : undefined));
  say('first hover, 200 lines (engine and model facts loaded by it)', 'ms', [await hover(first, lineOf(document, 'max-model-len'))]);

  for (const lines of [200, 5000]) {
    const opened: { took: number; heldFor: number }[] = [];
    for (let round = 0; round < 5; round += 1)
      opened.push(await openToDiagnostics(`open-${lines}-${round}.vllm.yaml`, vllmFile(lines, true)));
    const took = opened.map((open) => open.took);
    say(`open to diagnostics, ${lines} lines`, 'ms', took);
    const heldFor = opened.map((open) => open.heldFor);
    say(`extension host held at a stretch while a file opens, ${lines} lines`, 'ms', heldFor);

    const uri = await write(`hover-${lines}.vllm.yaml`, vllmFile(lines, false));
    const shown = await vscode.workspace.openTextDocument(uri);
    const editor = await vscode.window.showTextDocument(shown);
    const line = lineOf(shown, 'max-model-len');
    await hover(uri, line);
    const warm: number[] = [];
    for (let round = 0; round < 100; round += 1) warm.push(await hover(uri, line));
    say(`hover, warm, ${lines} lines`, 'ms', warm);
    const afterKey: number[] = [];
    const heldByKey: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const press = async (): Promise<void> => {
        await editor.edit((edit) => edit.insert(new vscode.Position(shown.lineCount - 1, 0), '#'));
        afterKey.push(await hover(uri, line));
      };
      heldByKey.push(await held(press));
    }
    say(`hover straight after a key press, ${lines} lines`, 'ms', afterKey);
    say(`extension host held at a stretch by a key press and a hover, ${lines} lines`, 'ms', heldByKey);
  }

  const refused: number[] = [];
  for (let round = 0; round < 5; round += 1)
    refused.push((await openToDiagnostics(`refused-${round}.vllm.yaml`, refusedFile(5000))).heldFor);
  say('extension host held at a stretch while a file opens that does not fit, 5000 lines in one pair of braces', 'ms', refused);

  await vscode.commands.executeCommand('perfview.show');
  const row = await until(
    'the row in Startup Performance',
    () =>
      vscode.workspace.textDocuments
        .find((open) => open.uri.scheme === 'perf')
        ?.getText()
        .split('\n')
        .find((line) => line.startsWith(`| ${extensionId} `)),
    50,
  );
  const cells = row.split('|').map((cell) => cell.trim());
  say('activation: load the code', 'ms', [Number(cells[3])]);
  say('activation: call activate()', 'ms', [Number(cells[4])]);
  say('activation: until it has settled', 'ms', [Number(cells[5])]);
}
