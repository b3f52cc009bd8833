import * as assert from 'node:assert/strict';
import { catalogue, eventually, field, planner, qwen, verdict } from './plannerPage';
import { playEditor } from './services';

describe('the planner page answers what-if questions', () => {
  const open = planner();

  it('from typed numbers, with vLLM’s suffixes', async () => {
    const { page } = await open(playEditor(catalogue, qwen));
    await field(page, 'seq_length').fill('16K');
    await verdict(page)
      .getByText(/requests of 16,384/)
      .waitFor();
    await field(page, 'seq_length').fill('16k');
    await verdict(page)
      .getByText(/requests of 16,000/)
      .waitFor();
  });

  it('refuses numbers out of range beside the field, and keeps the last good answer', async () => {
    const { page } = await open(playEditor(catalogue, qwen));
    for (const [typed, problem] of [
      ['0', /Must be from 1 to/],
      ['2.5', /Must be a whole number/],
      ['many', /Enter a number from/],
    ] as const) {
      await field(page, 'seq_length').fill(typed);
      await page.locator('[data-field=seq_length]').getByRole('alert').getByText(problem).waitFor();
      await verdict(page)
        .getByText(/requests of 32,768/)
        .waitFor();
    }
    await field(page, 'seq_length').fill('4096');
    await verdict(page)
      .getByText(/requests of 4,096/)
      .waitFor();
    await eventually(() => page.locator('[data-field=seq_length]').getByRole('alert').count(), 0);
  });

  it('from the sliders, by keyboard, within a frame or two', async () => {
    const { page } = await open(playEditor(catalogue, qwen));
    await page.locator('#inference-seq_length-slider').focus();
    await page.keyboard.press('Home');
    await verdict(page)
      .getByText(/requests of 512/)
      .waitFor();
    await page.keyboard.press('ArrowRight');
    await verdict(page)
      .getByText(/requests of 768/)
      .waitFor();
    await eventually(() => page.locator('#inference-seq_length-slider').getAttribute('aria-valuetext'), '768');
  });

  it('from lists and boxes: FP8 halves a request’s KV cache', async () => {
    const { page } = await open(playEditor(catalogue, qwen));
    const need = page.locator('.figures > div').filter({ hasText: 'KV cache for the load' }).locator('dd');
    await need.getByText('2.25 GiB').waitFor();
    await page.locator('#inference-kv_cache_quantization').click();
    await page.getByRole('option', { name: 'FP8 (8 bit)' }).last().click();
    await need.getByText('1.13 GiB').or(need.getByText('1.12 GiB')).waitFor();
  });

  it('finds a GPU among all by any words of its name', async () => {
    const { page } = await open(playEditor(catalogue, qwen));
    const box = page.getByRole('combobox', { name: 'GPU' });
    await box.click();
    await box.fill('h100 80');
    await page
      .getByRole('option', { name: /H100.*80 GB/ })
      .first()
      .waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page
      .getByText(/of 79\.\d+ GiB/)
      .first()
      .waitFor();
    await eventually(async () => /H100/.test(await box.inputValue()), true);
  });

  it('finds a model by asking the editor, shows that it waits, and can be stopped', async () => {
    const services = playEditor(catalogue, qwen);
    services.instead.set('modelFacts', (_params, { cancellation, progress }) => {
      progress('Reading 12 of 30 shards');
      return new Promise((_resolve, reject) => cancellation.onCancellationRequested(() => reject(new Error('stopped'))));
    });
    const { page } = await open(services);
    const box = page.getByRole('combobox', { name: 'Model' });
    await box.click();
    await box.fill('qwen3-14b');
    await page.getByRole('option', { name: /^Qwen\/Qwen3-14B 14\.8B/ }).click();
    await page.getByText('Reading 12 of 30 shards').first().waitFor();
    await page.getByRole('button', { name: 'Cancel' }).first().click();
    await page.getByText('Cancelled.').waitFor();
    services.instead.clear();
    await page.getByRole('button', { name: 'Try again' }).click();
    await verdict(page)
      .getByText(/requests of 32,768|too small|memory/i)
      .waitFor();
    await eventually(() => box.inputValue(), 'Qwen/Qwen3-14B');
  });

  it('marks what differs from the file and goes back to it', async () => {
    const { page } = await open(playEditor(catalogue, qwen));
    await field(page, 'seq_length').fill('4096');
    await page.locator('.field.changed[data-field=seq_length]').waitFor();
    await page.locator('#reset').click();
    await verdict(page)
      .getByText(/requests of 32,768/)
      .waitFor();
    await eventually(() => page.locator('.field.changed').count(), 0);
  });

  it('sends only the changed keys to the file', async () => {
    const services = playEditor(catalogue, qwen);
    const { page } = await open(services);
    await field(page, 'seq_length').fill('4096');
    await page.locator('#apply').click();
    await page.locator('#apply-now').click();
    await page.getByText('Written into the file.').waitFor();
    assert.deepEqual(
      services.requests.find(({ method }) => method === 'applyEdits'),
      {
        method: 'applyEdits',
        params: { link: qwen.link, edits: { set: { 'max-model-len': 4096 }, remove: [] } },
      },
    );
  });

  it('solves for the longest context, and takes the answer into the form', async () => {
    const { page } = await open(playEditor(catalogue, qwen));
    await page.getByText(/^Solve for/).click();
    const row = page.getByRole('row').filter({ hasText: 'Most users at this context' });
    await row.getByText(/^\d+ users$/).waitFor();
    await row.getByRole('button').click();
    await eventually(() => field(page, 'concurrent_users').inputValue(), '6');
  });

  it('says what vLLM would refuse of a plan, and takes a change that starts into the form', async () => {
    const { page } = await open(
      playEditor(catalogue, {
        ...qwen,
        gpu: { ...(qwen.gpu ?? assert.fail()), count: 1 },
        args: [
          ['model', 'Qwen/Qwen3-8B'],
          ['max-model-len', 4096],
        ],
      }),
    );
    await field(page, 'concurrent_users').fill('1');
    await field(page, 'gpu_memory_utilization').waitFor({ state: 'attached' });
    await page.getByText('Runtime', { exact: true }).click();
    await field(page, 'gpu_memory_utilization').fill('0.6');
    await verdict(page)
      .getByText(/small|no memory|out of memory/i)
      .waitFor();
    const fix = page
      .locator('.findings')
      .getByRole('button', { name: /^Use: / })
      .first();
    await fix.waitFor();
    await page.getByText(/^Solve for/).click();
    await page
      .getByRole('row', { name: /^Cheapest change that starts/ })
      .getByRole('button', { name: /^Use: / })
      .waitFor();
    await fix.click();
    await verdict(page)
      .getByText(/starts/i)
      .waitFor();
  });

  it('says at the number of GPUs and in the verdict what another engine would refuse', async () => {
    const { page } = await open(playEditor(catalogue, qwen));
    await field(page, 'num_gpus').fill('3');
    await page.getByText('Runtime', { exact: true }).click();
    await page.locator('#inference-engine').click();
    await page.getByRole('option', { name: 'SGLang' }).last().click();
    await verdict(page)
      .getByText(/SGLang would not start/)
      .waitFor();
    await page
      .getByRole('alert')
      .getByText(/^✖ “GPUs” is 3; allowed: 1, 2, 4, 8, 16, 32, since SGLang cuts the model's 32 attention heads/)
      .waitFor();
    await field(page, 'num_gpus').fill('4');
    await verdict(page).getByText(/fits/i).waitFor();
  });

  it('finds the smallest GPUs that hold the question', async () => {
    const { page } = await open(playEditor(catalogue, { ...qwen, gpu: null }));
    await verdict(page)
      .getByText(/Probably fits on \d × /)
      .waitFor();
    await page.getByText(/^Solve for/).waitFor({ state: 'hidden' });
  });

  it('describes a model that no source knows by its dimensions', async () => {
    const { page } = await open(playEditor(catalogue, null));
    // Over all GPUs, of which the smallest that hold it are found meanwhile.
    await verdict(page)
      .getByText(/KV cache 1\.00 GiB/)
      .waitFor();
    await page.getByText('Architecture', { exact: true }).click();
    await field(page, 'custom_kv_heads').fill('4');
    await verdict(page)
      .getByText(/KV cache 0\.50 GiB/)
      .waitFor();
  });

  it('keeps the list of what can be copied inside a narrow page', async () => {
    const { page } = await open(playEditor(catalogue, qwen));
    await page.setViewportSize({ width: 280, height: 900 });
    await page.locator('#inference-copy').click();
    const list = page.getByRole('menu', { name: 'Copy' });
    await list.getByText('vllm serve command').waitFor();
    const box = (await list.boundingBox()) ?? assert.fail();
    assert.ok(box.x >= 0 && box.x + box.width <= 280, JSON.stringify(box));
  });

  it("draws the limit of the engine in the memory plots, not vLLM's budget", async () => {
    const { page } = await open(playEditor(catalogue, qwen));
    const plot = page.getByRole('img', { name: /^Memory against requests/ });
    await plot.getByText(/^Budget [\d.]+ GiB$/).waitFor();
    await page.getByText('Runtime', { exact: true }).click();
    for (const [engine, limit] of [
      ['SGLang', /^mem_fraction_static 0\.\d\d: [\d.]+ GiB$/],
      ['TensorRT-LLM', /^free_gpu_memory_fraction 0\.9: [\d.]+ GiB$/],
      ['Transformers', /^Card [\d.]+ GiB$/],
    ] as const) {
      await page.locator('#inference-engine').click();
      await page.getByRole('option', { name: engine }).last().click();
      await plot.getByText(limit).waitFor();
    }
  });

  it('lets a plot be read by arrow keys and as a table', async () => {
    const { page } = await open(playEditor(catalogue, qwen));
    const plot = page.getByRole('img', { name: /^Memory against requests/ });
    await plot.focus();
    await page.keyboard.press('ArrowRight');
    await page.getByText(/^Requests 1: weights and runtime [\d.]+, KV cache 2\.25, together [\d.]+ GiB$/).waitFor();
    const figure = page.getByRole('figure', { name: /^Memory against requests/ });
    await figure.getByText('Data').click();
    await figure.getByRole('row').nth(5).waitFor();
  });
});
