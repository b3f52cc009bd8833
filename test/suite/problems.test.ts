import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { actionsAt, apply, closeAll, codeOf, extension, fixture, lensText, open, positionOf, problems, setting, until } from './support';

const whole = (document: vscode.TextDocument): vscode.Range => new vscode.Range(0, 0, document.lineCount, 0);

async function problemOf(document: vscode.TextDocument, code: string): Promise<vscode.Diagnostic> {
  return until(`the problem ${code}`, () => problems(document).find((problem) => codeOf(problem) === code));
}

async function actionCalled(document: vscode.TextDocument, range: vscode.Range, title: RegExp): Promise<vscode.CodeAction> {
  const actions = await actionsAt(document, range);
  const found = actions.find((action) => title.test(action.title));
  assert.ok(found, `${String(title)} is among: ${actions.map((action) => action.title).join(' | ')}`);
  return found;
}

describe('problems and fixes', () => {
  before(extension);
  afterEach(async () => {
    await setting('rules', undefined);
    await setting('diagnostics', undefined);
    await closeAll();
  });

  it('put a file that would not start on the key to blame, with what vLLM says', async () => {
    const { document } = await open('too-long.yaml');
    const problem = await problemOf(document, 'kv-too-small');
    assert.equal(document.getText(problem.range), 'max_model_len: 40960');
    assert.equal(problem.severity, vscode.DiagnosticSeverity.Error);
    assert.match(problem.message, /vLLM says: To serve at least one request/);
    assert.ok(typeof problem.code === 'object' && problem.code.target.toString().includes('kv-too-small'));
    assert.ok(problem.relatedInformation?.some(({ location }) => document.getText(location.range).startsWith('gpu-memory-utilization')));
  });

  it('offer a fix that makes it start and touches nothing else, undone byte for byte', async () => {
    const { document } = await open('too-long.yaml');
    const problem = await problemOf(document, 'kv-too-small');
    const before = document.getText();
    const fix = await actionCalled(document, problem.range, /^max-model-len: /);
    await apply(fix);
    const after = document.getText();
    assert.notEqual(after, before);
    assert.equal(after.replace(/max_model_len: \d+/, 'max_model_len: 40960'), before);
    await until('the problem to go', () => problems(document).every((found) => codeOf(found) !== 'kv-too-small'));
    await until('the verdict', async () => /requests of/.test(await lensText(document)));
    await vscode.commands.executeCommand('undo');
    assert.equal(document.getText(), before);
  });

  it('offer more GPUs and then state them in the comment that names the GPU', async () => {
    const { document } = await open('too-long.yaml');
    const problem = await problemOf(document, 'kv-too-small');
    await apply(await actionCalled(document, problem.range, /^tensor-parallel-size: 2 /));
    assert.match(document.getText(), /^# vram: gpu=rtx_4090 count=2\n/);
    assert.match(document.getText(), /\ntensor-parallel-size: 2\n/);
    await until('the verdict', async () => /requests of[\s\S]*2 x RTX 4090/.test(await lensText(document)));
  });

  it('go at the next key press, and new ones wait for a pause', async () => {
    const editor = await open('too-long.yaml');
    const { document } = editor;
    await problemOf(document, 'kv-too-small');
    const at = positionOf(document, '40960', 0);
    await editor.edit((edit) => edit.replace(new vscode.Range(at, at.translate(0, 5)), '2048'));
    const gone = (): boolean => problems(document).every((found) => codeOf(found) !== 'kv-too-small');
    // No pause: keys are pressed all the while.
    await until('the problem to go', async () => {
      await editor.edit((edit) => edit.insert(document.lineAt(document.lineCount - 1).range.end, ' '));
      return gone();
    });
    await editor.edit((edit) => edit.replace(new vscode.Range(at, at.translate(0, 4)), '40960'));
    assert.ok(gone(), 'not back with the edit itself');
    await problemOf(document, 'kv-too-small');
  });

  it('stand at the right place in a file with Chinese comments and CRLF, and the fix keeps both', async () => {
    const { document } = await open('chinese-crlf.yaml');
    const problem = await problemOf(document, 'util-range');
    assert.equal(document.getText(problem.range), 'gpu-memory-utilization: 1.5');
    const before = document.getText();
    await apply(await actionCalled(document, problem.range, /gpu-memory-utilization/));
    const after = document.getText();
    assert.match(after, /gpu-memory-utilization: 0?\.\d+ {3}# 显存比例写错了\r\n/);
    assert.equal(after.replace(/gpu-memory-utilization: [\d.]+/, 'gpu-memory-utilization: 1.5'), before);
  });

  it('say where the file cannot be read, and mend it', async () => {
    const { document } = await open('tabs.vllm.yaml');
    const before = document.getText();
    const problem = await problemOf(document, 'yaml-syntax');
    assert.equal(problem.severity, vscode.DiagnosticSeverity.Error);
    assert.equal(document.getText(problem.range), '\t');
    assert.match(problem.message, /A tab indents this line.*\nvLLM says: found character '\\t' that cannot start any token/);
    assert.match(await lensText(document), /YAML error: .*As far as it can be read: .* tokens/);
    await apply(await actionCalled(document, problem.range, /^Replace tabs by spaces$/));
    assert.equal(document.getText(), before.replaceAll('\t', '  '));
    await until('the problem to go', () => problems(document).length === 0);
    await vscode.commands.executeCommand('undo');
    assert.equal(document.getText(), before);
  });

  it('can be disabled for a line by a comment', async () => {
    const { document } = await open('too-long.yaml');
    const problem = await problemOf(document, 'kv-too-small');
    await apply(await actionCalled(document, problem.range, /^Disable kv-too-small for this line$/));
    assert.match(document.getText(), /\n# vram: disable-next-line kv-too-small\nmax_model_len/);
    await until('the problem to go', () => problems(document).every((found) => codeOf(found) !== 'kv-too-small'));
  });

  it('can be disabled in the workspace, and take the severity the settings say', async () => {
    const { document } = await open('too-long.yaml');
    const problem = await problemOf(document, 'kv-too-small');
    await apply(await actionCalled(document, problem.range, /^Disable kv-too-small in the workspace$/));
    await until('the problem to go', () => problems(document).every((found) => codeOf(found) !== 'kv-too-small'));
    await setting('rules', { 'kv-too-small': 'information' });
    await until('the problem as information', () =>
      problems(document).some((found) => codeOf(found) === 'kv-too-small' && found.severity === vscode.DiagnosticSeverity.Information),
    );
  });

  it('can be turned off as a whole', async () => {
    const { document } = await open('too-long.yaml');
    await problemOf(document, 'kv-too-small');
    await setting('diagnostics', false);
    await until('no problem', () => problems(document).length === 0);
  });

  it('say that nobody knows a model, as information', async () => {
    const { document } = await open('unknown-model.yaml');
    const problem = await problemOf(document, 'model-unknown');
    assert.equal(problem.severity, vscode.DiagnosticSeverity.Information);
    assert.match(document.getText(problem.range), /a-model-nobody-knows/);
  });

  it('leave no trace when the file is closed', async () => {
    // Opened as people do: a document that an extension opened is kept for minutes.
    const uri = fixture('closed-again.yaml');
    await vscode.workspace.fs.copy(fixture('too-long.yaml'), uri, { overwrite: true });
    await vscode.commands.executeCommand('vscode.open', uri);
    await until('the problem', () => vscode.languages.getDiagnostics(uri).length > 0);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await until('no problem', () => vscode.languages.getDiagnostics(uri).length === 0);
  });

  it('offer one action that fixes all that has one right answer', async () => {
    const { document } = await open('chinese-crlf.yaml');
    await problemOf(document, 'util-range');
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      whole(document),
      vscode.CodeActionKind.SourceFixAll.value,
      10,
    );
    assert.ok(actions.every(({ kind }) => kind?.value.startsWith('source.fixAll') === true));
  });
});
