import * as assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { actionsAt, apply, closeAll, extension, fixture, hoverText, lenses, positionOf, problems, until } from './support';

const SAMPLES = path.resolve(__dirname, '..', '..', '..', 'samples');

/** A sample as people on other systems would have it. */
const VARIANTS: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'with the line ends of Windows': (text) => text.replaceAll('\n', '\r\n'),
  'with a byte order mark': (text) => `\uFEFF${text}`,
  'without a last line end': (text) => text.trimEnd(),
  'with tabs behind the colons': (text) => text.replaceAll(/^([\w-]+): +/gm, '$1:\t'),
};

const bytesOf = async (uri: vscode.Uri): Promise<Buffer> => Buffer.from(await vscode.workspace.fs.readFile(uri));

async function write(name: string, text: string): Promise<vscode.Uri> {
  const uri = fixture(name);
  await vscode.workspace.fs.writeFile(uri, Buffer.from(text));
  return uri;
}

async function show(uri: vscode.Uri, column = vscode.ViewColumn.One): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document, column);
  return document;
}

/** Until what is said of a document no longer changes. */
async function settled(document: vscode.TextDocument): Promise<readonly vscode.Diagnostic[]> {
  await until('the verdict', async () => (await lenses(document)).length > 0);
  let before = -1;
  return until('the problems', async () => {
    const now = problems(document);
    await new Promise((resolve) => setTimeout(resolve, 150));
    const same = now.length === before;
    before = now.length;
    return same ? now : undefined;
  });
}

describe('a walk through the samples', () => {
  before(extension);
  afterEach(async () => {
    await closeAll();
    for (const name of readdirSync(fixture('.').fsPath).filter((found) => found.startsWith('walk'))) {
      await vscode.workspace.fs.delete(fixture(name));
    }
  });

  for (const [index, [how, variant]] of Object.entries(VARIANTS).entries()) {
    it(`applies and undoes every fix, byte for byte, in files ${how}`, async function () {
      this.timeout(240_000);
      let fixes = 0;
      for (const sample of readdirSync(SAMPLES).filter((name) => name.endsWith('.yaml'))) {
        const uri = await write(`walk-${index}-${sample}`, variant(readFileSync(path.join(SAMPLES, sample), 'utf8')));
        const document = await show(uri);
        const saved = await bytesOf(uri);
        const text = document.getText();
        assert.match(await hoverText(document, positionOf(document, 'model:')), /B parameters|GiB|model/);
        for (const { range } of await settled(document)) {
          const titles = (await actionsAt(document, range)).filter(({ edit }) => edit !== undefined).map(({ title }) => title);
          for (const title of titles) {
            const action = (await actionsAt(document, range)).find((found) => found.title === title);
            assert.ok(action, `${title} is still there in ${sample}`);
            await apply(action);
            assert.notEqual(document.getText(), text, `${title} changes ${sample}`);
            await vscode.commands.executeCommand('undo');
            assert.equal(document.getText(), text, `${title} is undone in ${sample}`);
            fixes++;
          }
        }
        await document.save();
        assert.ok((await bytesOf(uri)).equals(saved), `${sample} is saved as it was`);
      }
      assert.ok(fixes > 10, `${fixes} fixes`);
    });
  }

  it('says of an empty file what it lacks, and nothing breaks in it', async () => {
    const document = await show(await write('walk.vllm.yaml', ''));
    await until('the problem', () => problems(document).length > 0);
    assert.match(problems(document)[0]?.message ?? '', /There is no argument here yet/);
    await vscode.commands.executeCommand('vramPlanner.estimate');
  });

  it('answers in a file without a name, and in two editors of one file beside each other', async () => {
    const text = readFileSync(path.join(SAMPLES, 'too-long-for-4090.yaml'), 'utf8');
    const untitled = await vscode.workspace.openTextDocument({ language: 'yaml', content: text });
    await vscode.window.showTextDocument(untitled);
    assert.ok((await settled(untitled)).length > 0);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');

    const uri = await write('walk-twice.yaml', text);
    const left = await show(uri);
    const right = await show(uri, vscode.ViewColumn.Two);
    assert.equal(left, right);
    const [problem] = await settled(right);
    const action = (await actionsAt(right, problem?.range ?? assert.fail())).find(({ edit }) => edit !== undefined);
    await apply(action ?? assert.fail());
    assert.notEqual(right.getText(), text);
    await vscode.commands.executeCommand('undo');
    assert.equal(left.getText(), text);
  });

  it('judges two files beside each other by themselves', async () => {
    const good = await show(await write('walk-good.yaml', '# vram: gpu=h100_80\nmodel: Qwen/Qwen3-8B\nmax-model-len: 8192\n'));
    const bad = await show(await write('walk-bad.yaml', '# vram: gpu=rtx_4090\nmodel: Qwen/Qwen3-32B\n'), vscode.ViewColumn.Two);
    await settled(good);
    const found = await settled(bad);
    assert.ok(found.some(({ severity }) => severity === vscode.DiagnosticSeverity.Error));
    assert.ok(problems(good).every(({ severity }) => severity !== vscode.DiagnosticSeverity.Error));
  });
});
