import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { Catalogue } from '../../src/models/catalogue';
import type { Followed } from '../../src/protocol/messages';
import { inChromium } from './inChromium';
import type { OpenOptions, OpenPage } from './page';
import { deployment, playEditor, type PlayedEditor } from './services';

/** The page draws in the next frame, so what it shows is asked for until it is right. */
async function eventually<T>(look: () => Promise<T>, expected: T): Promise<void> {
  for (let tries = 0; tries < 50 && (await look()) !== expected; tries++) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(await look(), expected);
}

describe('the planner page', () => {
  const catalogue = Catalogue.parse(readFileSync('data/models.json', 'utf8'));
  const qwen = deployment(catalogue, {
    model: 'Qwen/Qwen3-8B',
    gpu: 'rtx_4090',
    count: 2,
    args: { 'tensor-parallel-size': 2, 'max-model-len': 32768 },
  });
  const openPage = inChromium();
  const opened: OpenPage[] = [];

  const open = async (services: PlayedEditor, options: Partial<OpenOptions> = {}): Promise<OpenPage> => {
    const page = await openPage({ place: 'panel', services, ...options });
    opened.push(page);
    return page;
  };
  const field = (page: Page, name: string) => page.locator(`#inference-${name}`).locator('input');
  const verdict = (page: Page) => page.locator('.verdict').first();

  afterEach(async () => {
    const complaints = opened.flatMap((page) => page.complaints);
    await Promise.all(opened.splice(0).map((page) => page.close()));
    // Neither the page's policy nor the network nor a script may have anything to say in any test.
    assert.deepEqual(complaints, []);
  });

  describe('follows the file', () => {
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

  describe('answers what-if questions', () => {
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

    it('lets a plot be read by arrow keys and as a table', async () => {
      const { page } = await open(playEditor(catalogue, qwen));
      const plot = page.getByRole('img', { name: /^Memory against requests/ });
      await plot.focus();
      await page.keyboard.press('ArrowRight');
      await page.getByText(/^Requests 1: weights and runtime [\d.]+, KV cache 2\.25$/).waitFor();
      const figure = page.getByRole('figure', { name: /^Memory against requests/ });
      await figure.getByText('Data').click();
      await figure.getByRole('row').nth(5).waitFor();
    });
  });

  describe('the other tabs', () => {
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

  describe('is disposable', () => {
    it('comes back with what was typed, from one snapshot', async () => {
      const services = playEditor(catalogue, qwen);
      const first = await open(services);
      await field(first.page, 'seq_length').fill('4096');
      await first.page.locator('#inference-pin').click();
      await first.page.getByRole('tab', { name: 'Compare' }).click();
      await first.page.locator('.compare').waitFor();
      const again = await open(services, { state: first.state() });
      await again.page.locator('.compare').waitFor();
      await again.page.getByRole('tab', { name: 'Inference' }).click();
      await verdict(again.page)
        .getByText(/requests of 4,096/)
        .waitFor();
      assert.equal(again.sent.filter(({ type }) => type === 'snapshot').length, 1);
    });

    it('drops a state of another version or of nonsense instead of obeying it', async () => {
      for (const state of [
        { version: 99, tab: 'compare' },
        { version: 1, tab: 'nowhere', inference: { seq_length: -5, engine: 7 }, pins: [{ name: 3 }] },
        'text',
        null,
      ]) {
        const { page } = await open(playEditor(catalogue, qwen), { state });
        await verdict(page)
          .getByText(/requests of 32,768/)
          .waitFor();
      }
    });
  });

  describe('refuses', () => {
    const refused = async (bend: (good: Record<string, unknown>) => unknown): Promise<void> => {
      const services = playEditor(catalogue, qwen);
      const { page, conversation, sent, post } = await open(services);
      const shorter: Followed = {
        ...qwen,
        args: [
          ['model', 'Qwen/Qwen3-8B'],
          ['max-model-len', 1024],
        ],
      };
      const snapshot = sent[0];
      assert.ok(snapshot);
      const good = { type: 'followed', client: snapshot.client, sequence: snapshot.sequence + 1, followed: shorter };
      await post(bend(good));
      // A good message after it shows that the bad one had its chance.
      services.shown = { ...qwen, args: [...qwen.args, ['block-size', 16]] };
      await conversation.refresh();
      await page.evaluate(() => new Promise(requestAnimationFrame));
      await verdict(page)
        .getByText(/requests of 32,768/)
        .waitFor();
    };

    it('a message meant for an earlier page', () => refused((good) => ({ ...good, client: 'somebody else' })));
    it('a message older than what is shown', () => refused((good) => ({ ...good, sequence: 0 })));
    it('a message with a field missing', () => refused(({ sequence: _sequence, ...rest }) => rest));
    it('a message with a field too many', () => refused((good) => ({ ...good, script: 'alert(1)' })));
    it('a message of unknown type', () => refused((good) => ({ ...good, type: 'run' })));
    it('something that is no message', () => refused(() => 'followed'));

    it('an answer to a request that nobody made', async () => {
      const { page, sent, post } = await open(playEditor(catalogue, qwen));
      await post({ type: 'reply', client: sent[0]?.client, sequence: 50, request: 4711, result: null });
      await verdict(page)
        .getByText(/requests of 32,768/)
        .waitFor();
    });

    it('facts that are no model', async () => {
      const services = playEditor(catalogue, { ...qwen, facts: { id: 'x', model: { architecture: { layerKinds: 'many' } } } });
      const { page } = await open(services, { place: 'side', width: 300 });
      await page
        .getByText('The model is unknown')
        .or(page.getByText(/could not be read/))
        .first()
        .waitFor();
    });
  });

  it('shows hostile text as text', async () => {
    const hostile = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';
    const services = playEditor(catalogue, {
      ...qwen,
      fileName: hostile,
      gpuProblem: hostile,
      findings: [{ code: hostile, severity: 'error', key: hostile, message: hostile, fixes: [] }],
    });
    const { page } = await open(services, { place: 'side', width: 300 });
    await page.getByText(hostile).first().waitFor();
    assert.equal(await page.locator('img').count(), 0);
    assert.equal(await page.title(), 'vLLM VRAM Planner');
  });
});
