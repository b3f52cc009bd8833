import * as assert from 'node:assert/strict';
import type { Followed } from '../../src/protocol/messages';
import { catalogue, field, planner, qwen, verdict } from './plannerPage';
import { playEditor } from './services';

describe('the planner page', () => {
  const open = planner();

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
