import * as assert from 'node:assert/strict';
import { catalogue, eventually, field, planner, qwen, verdict } from './plannerPage';
import type { Params } from '../../src/protocol/messages';
import { deployment, playEditor } from './services';

describe('the planner page', () => {
  const open = planner();

  describe('the other tabs', () => {
    it('compare what was pinned with the environment it was pinned in', async () => {
      const services = playEditor(catalogue, {
        ...deployment(catalogue, {
          model: 'Qwen/Qwen3-14B',
          gpu: 'rtx_4090',
          count: 2,
          args: { 'pipeline-parallel-size': 2, 'max-model-len': 8192 },
        }),
        environment: [['VLLM_PP_LAYER_PARTITION', '30,10']],
      });
      const { page, conversation } = await open(services);
      const tokens = async (): Promise<string> =>
        (await page
          .locator('.figures')
          .getByText(/tokens$/)
          .first()
          .textContent()) ?? '';
      const pinned = await tokens();
      await page.locator('#inference-pin').click();
      services.shown = { ...(services.shown ?? assert.fail()), link: { ...qwen.link, version: 2 }, environment: [] };
      await conversation.refresh();
      await eventually(async () => (await tokens()) !== pinned, true);
      await page.getByRole('tab', { name: 'Compare' }).click();
      const row = page
        .locator('.compare')
        .getByRole('row', { name: /^(?:≠ Differs: )?KV cache [\d,]+ tokens/ })
        .first();
      await row.getByText(pinned.trim()).waitFor();
      await page.locator('.compare').getByRole('row', { name: 'Environment VLLM_PP_LAYER_PARTITION=30,10' }).waitFor();
    });

    it('open a pin with what it was computed with, whatever file is open by then', async () => {
      const first = deployment(catalogue, {
        model: 'Qwen/Qwen3-8B',
        gpu: 'rtx_4090',
        count: 2,
        version: '0.11.0',
        args: { 'pipeline-parallel-size': 2, 'max-model-len': 8192, 'max-num-seqs': 32 },
      });
      const measured = { ...(first.gpu ?? assert.fail()), totalMemoryGib: 22.5 };
      const services = playEditor(catalogue, { ...first, gpu: measured, environment: [['VLLM_PP_LAYER_PARTITION', '20,16']] });
      const { page, conversation } = await open(services);
      const shown = async (): Promise<string> => (await page.locator('.headline, .figures').allTextContents()).join('\n');
      await verdict(page)
        .getByText(/requests of 8,192/)
        .waitFor();
      const pinned = await shown();
      await page.locator('#inference-pin').click();
      services.shown = { ...qwen, link: { ...qwen.link, uri: 'file:///project/other.yaml', version: 2 }, fileName: 'other.yaml' };
      await conversation.refresh();
      await page.getByText(/^other\.yaml · /).waitFor();
      await eventually(async () => (await shown()) !== pinned, true);
      const other = await shown();
      await page.getByRole('tab', { name: 'Compare' }).click();
      await page.getByRole('button', { name: /^Open Qwen3-8B on 2 ×/ }).click();
      await page.getByText(/^“Qwen3-8B on 2 × NVIDIA GeForce RTX 4090”, with the/).waitFor();
      await eventually(shown, pinned);
      // To the open file go all that it lacks of the pin, and out of it what the pin has not.
      await page.locator('#apply').click();
      await page.locator('#apply-now').waitFor();
      const asked = services.requests.at(-1)?.params as Params<'previewEdits'>;
      assert.deepEqual(asked.edits.set, {
        // The default of the pin's version; that of the file's is higher.
        'gpu-memory-utilization': 0.9,
        'max-model-len': 8192,
        'tensor-parallel-size': 1,
        'pipeline-parallel-size': 2,
        'max-num-seqs': 32,
      });
      await page.keyboard.press('Escape');
      await page.locator('#close-scenario').click();
      await eventually(shown, other);
      assert.equal(await page.locator('#close-scenario').count(), 0);
    });

    it('open a pinned fine-tuning run with its own GPU and model', async () => {
      const services = playEditor(catalogue, null);
      const { page, conversation } = await open(services);
      await page.getByRole('tab', { name: 'Fine-tuning' }).click();
      await page.locator('#finetuning-pin').click();
      services.shown = qwen;
      await conversation.refresh();
      await verdict(page)
        .getByText(/2 × NVIDIA GeForce RTX 4090/)
        .waitFor();
      await page.getByRole('tab', { name: 'Compare' }).click();
      await page
        .getByRole('button', { name: /^Open / })
        .first()
        .click();
      await verdict(page)
        .getByText(/^Needs .* GiB$/)
        .waitFor();
      await eventually(() => page.locator('#finetuning-num_gpus').locator('input').inputValue(), '1');
      await eventually(() => page.getByRole('combobox', { name: 'GPU' }).inputValue(), '');
    });

    it('plan a fine-tuning run with its optimizations and the cards that hold it', async () => {
      const { page } = await open(playEditor(catalogue, qwen));
      await page.getByRole('tab', { name: 'Fine-tuning' }).click();
      await verdict(page)
        .getByText(/fits? on 2 × NVIDIA GeForce RTX 4090/)
        .waitFor();
      await page.getByText(/^Smallest that holds it/).waitFor();
      await page.getByRole('cell', { name: /GiB/ }).first().waitFor();
      const trainers = await page.getByRole('region', { name: 'Fits on' }).getByRole('rowheader').allTextContents();
      assert.ok(!trainers.some((name) => /Apple|TPU|Inferentia/.test(name)), trainers.join());
      // Each preference is two answers, beside what the model said before.
      const logits = page.getByText(/^Logits and Loss [\d.]+$/);
      const before = Number((await logits.first().textContent())?.split(' ').at(-1));
      await page.locator('#finetuning-objective').click();
      await page.getByRole('option', { name: 'Preferences (DPO)' }).click();
      await verdict(page)
        .getByText(/does not fit/i)
        .waitFor();
      assert.ok(Number((await logits.first().textContent())?.split(' ').at(-1)) > 1.5 * before);
      await page.locator('#finetuning-finetuning_method').click();
      await page.getByRole('option', { name: 'Full' }).click();
      await verdict(page).getByText('Does not fit on 2 × NVIDIA GeForce RTX 4090').waitFor();
    });

    it('compare pinned scenarios, mark what differs, and list the smallest GPU first', async () => {
      const { page } = await open(playEditor(catalogue, qwen), { width: 1400 });
      await page.locator('#inference-pin').click();
      await field(page, 'seq_length').fill('4096');
      await page.locator('#inference-pin').click();
      await page.getByRole('tab', { name: 'Compare' }).click();
      const differing = page.locator('.compare .differs');
      await differing.filter({ hasText: 'Context' }).getByText('4,096 tokens', { exact: true }).waitFor();
      await page.locator('.compare').getByText('Context: 32,768 tokens', { exact: true }).waitFor();
      assert.equal(await differing.filter({ hasText: /Differs: GPU/ }).count(), 0);
      await page.getByText(/^\d+ found\. Smallest first/).waitFor();
      const table = page.getByRole('region', { name: 'GPUs that hold it' });
      const first = table.getByRole('rowheader').first();
      const smallest = await first.textContent();
      await table.getByRole('button', { name: /Tokens\/s/ }).click();
      await table.locator('[aria-sort=descending]').waitFor();
      assert.notEqual(await first.textContent(), smallest);
      await page.locator('#gpu-filter').locator('input').fill('1 × h100');
      await page.getByText(/^\d+ found\. Fastest first/).waitFor();
      const named = await table.getByRole('rowheader').allTextContents();
      assert.ok(named.length > 0 && named.every((name) => /^1 × .*H100/.test(name)), named.join());
      await page
        .getByRole('button', { name: /^Unpin/ })
        .first()
        .click();
      await eventually(() => page.getByRole('button', { name: /^Unpin/ }).count(), 1);
    });

    it('compare checkpoints of other formats by what these weigh', async () => {
      const { page } = await open(playEditor(catalogue, qwen), { width: 1400 });
      await page.locator('#inference-pin').click();
      await page.locator('#inference-quantization').click();
      await page.getByRole('option', { name: 'AWQ (4 bit)' }).click();
      await page
        .locator('.legend')
        .getByText(/^weights 2\.\d+/)
        .waitFor();
      await page.locator('#inference-pin').click();
      await page.getByRole('tab', { name: 'Compare' }).click();
      const row = page.locator('.compare .differs').filter({ hasText: 'Weights per GPU' });
      await row.getByText(/^7\.6\d GiB/).waitFor();
      await row.getByText(/^2\.\d+ GiB/).waitFor();
    });

    it('keep scenarios in the workspace and open them again', async () => {
      const services = playEditor(catalogue, qwen);
      const { page, conversation } = await open(services);
      await field(page, 'seq_length').fill('4096');
      await page.locator('#inference-save').click();
      await page.keyboard.type('short');
      await page.keyboard.press('Enter');
      await page.getByText('Saved as “short”: see Compare.').waitFor();
      await eventually(() => page.evaluate(() => document.activeElement?.id), 'inference-save');
      conversation.refreshSaved();
      await page.locator('#reset').click();
      await page.getByRole('tab', { name: 'Compare' }).click();
      await page.getByRole('button', { name: 'Open short' }).click();
      await verdict(page)
        .getByText(/requests of 4,096/)
        .waitFor();
    });
  });

  describe('a newcomer', () => {
    it('meets three sliders and one answer, by keyboard alone', async () => {
      const { page } = await open(playEditor(catalogue, null), { place: 'side', width: 300 });
      assert.equal(await page.getByRole('slider').count(), 3);
      await page.locator('#quick-size').focus();
      await page.keyboard.press('ArrowRight');
      await verdict(page)
        .getByText(/Probably fits on \d × .*Weights [\d.]+ GiB and KV cache [\d.]+ GiB/)
        .waitFor();
      const before = await verdict(page).textContent();
      await page.keyboard.press('Tab');
      await page.keyboard.press('ArrowLeft');
      await page.waitForFunction((old) => document.querySelector('.verdict')?.textContent !== old, before);
    });

    it('finds everything else folded, and unfolded things stay so over a reload', async () => {
      const services = playEditor(catalogue, qwen);
      const first = await open(services);
      assert.equal(await first.page.locator('details[open]').count(), 0);
      await first.page.getByText('Offloading', { exact: true }).click();
      await first.page.locator('#inference-enable_offloading').waitFor();
      await eventually(async () => JSON.stringify(first.state()).includes('inference/Offloading'), true);
      const second = await open(services, { state: first.state() });
      await second.page.locator('#inference-enable_offloading').waitFor();
    });
  });
});
