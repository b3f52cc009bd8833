import * as assert from 'node:assert/strict';
import { catalogue, planner, qwen, verdict } from './plannerPage';
import { deployment, playEditor } from './services';

describe('the planner page follows the file', () => {
  const open = planner();

  it('shows verdict, bar and figures of the deployment under the cursor', async () => {
    const { page } = await open(playEditor(catalogue, qwen), { place: 'side', width: 300 });
    await verdict(page)
      .getByText(/requests of 32,768/)
      .waitFor();
    await page.getByRole('img', { name: /Memory of each GPU: .*weights 7\.6/ }).waitFor();
    await page
      .getByRole('button', { name: /tokens/ })
      .first()
      .waitFor();
  });

  it('takes over a new version without losing focus or rebuilding what stays', async () => {
    const services = playEditor(catalogue, qwen);
    const { page, conversation } = await open(services, { place: 'side', width: 300 });
    await page.locator('#open-planner').focus();
    await page.evaluate(() => Object.assign(document.querySelector('.verdict') ?? {}, { marked: true }));
    services.shown = {
      ...qwen,
      link: { ...qwen.link, version: 2 },
      args: qwen.args.map(([key, value]) => [key, key === 'max-model-len' ? 8192 : value]),
    };
    await conversation.refresh();
    await verdict(page)
      .getByText(/requests of 8,192/)
      .waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'open-planner');
    assert.equal(await page.evaluate(() => (document.querySelector('.verdict') as { marked?: boolean } | null)?.marked), true);
  });

  it('asks for the GPU where none is known, and for the model where no source knows it', async () => {
    const services = playEditor(catalogue, { ...qwen, gpu: null });
    const { page, conversation } = await open(services, { place: 'side', width: 300 });
    await verdict(page).getByText('Choose a GPU to see whether it fits').waitFor();
    await page.getByRole('button', { name: 'Choose the GPU' }).click();
    assert.deepEqual(services.commands, ['chooseGpu']);
    services.shown = { ...qwen, facts: null, modelProblem: 'No source knows it.' };
    await conversation.refresh();
    await verdict(page).getByText('No source knows it.').waitFor();
    await page.getByRole('button', { name: 'Fetch model facts' }).click();
    assert.deepEqual(services.commands, ['chooseGpu', 'fetchModel']);
  });

  it('says in the panel too that the model is unknown, and how to go on', async () => {
    const services = playEditor(catalogue, { ...qwen, facts: null, modelProblem: 'No source knows it.' });
    const { page } = await open(services);
    for (const tab of ['Fine-tuning', 'Inference']) {
      await page.getByRole('tab', { name: tab }).click();
      await verdict(page).getByText('No source knows it.').waitFor();
      await page.getByText('Choose a model, or any model of a given size.').waitFor();
    }
    await page.getByRole('button', { name: 'Fetch model facts' }).click();
    assert.deepEqual(services.commands, ['fetchModel']);
  });

  it('says what is missing when the deployment does not start, and what sticks out over the card', async () => {
    const tooLong = deployment(catalogue, {
      model: 'Qwen/Qwen3-8B',
      gpu: 'rtx_4090',
      args: { 'max-model-len': 131072, 'hf-overrides': { rope_scaling: { rope_type: 'yarn', factor: 4 } } },
    });
    const tooLarge = deployment(catalogue, { model: 'Qwen/Qwen3-32B', gpu: 'rtx_4090' });
    const services = playEditor(catalogue, tooLong);
    const { page, conversation } = await open(services, { place: 'side', width: 300 });
    await verdict(page)
      .getByText(/KV cache too small for one request/i)
      .waitFor();
    await verdict(page)
      .getByText(/needs 18\.00 GiB of KV cache/)
      .waitFor();
    assert.equal(await page.locator('.figures').getByText('First token').count(), 0, 'what does not start has no speed');
    services.shown = tooLarge;
    await conversation.refresh();
    await verdict(page)
      .getByText(/Out of memory while loading/i)
      .waitFor();
    await page
      .locator('.bar-total')
      .getByText(/too much/)
      .waitFor();
  });

  it('offers each change that the findings know, and applies it after a look at the lines', async () => {
    const fix = { title: 'Set max-num-seqs to 64', edits: { set: { 'max-num-seqs': 64 }, remove: [] }, preferred: true };
    const services = playEditor(catalogue, {
      ...qwen,
      findings: [{ code: 'advice', severity: 'hint', key: 'max-num-seqs', message: 'Too many.', fixes: [fix] }],
    });
    const { page } = await open(services, { place: 'side', width: 300 });
    await page.getByRole('button', { name: 'Apply: Set max-num-seqs to 64' }).click();
    await page.locator('.diff .added').getByText('max-num-seqs: 64').waitFor();
    await page.locator('#apply-now').click();
    await page.getByText('Written into the file. Undo takes it back.').waitFor();
    assert.deepEqual(
      services.requests.map(({ method }) => method),
      ['previewEdits', 'applyEdits'],
    );
  });
});
