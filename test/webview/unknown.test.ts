import * as assert from 'node:assert/strict';
import { guessFromName } from '../../src/models/sizeGuess';
import { encodeFacts } from '../../src/protocol/facts';
import { catalogue, field, planner, qwen, verdict } from './plannerPage';
import { deployment, playEditor } from './services';

describe('the planner page, of what is far off or not known', () => {
  const open = planner();

  it('draws everything, behind a break of the axis where it dwarfs the budget', async () => {
    const { page } = await open(
      playEditor(catalogue, deployment(catalogue, { model: 'meta-llama/Llama-3.3-70B-Instruct', gpu: 'rtx_4090' })),
    );
    const plot = page.getByRole('img', { name: /^Memory against context.*Above 60 GiB the axis is compressed/ });
    await plot.waitFor();
    const top = await plot.evaluate((svg) =>
      Math.min(...[...svg.querySelectorAll('polygon')].flatMap((shape) => [...shape.points].map(({ y }) => y))),
    );
    const edge = await plot.evaluate((svg) => Number(svg.querySelector('clipPath rect')?.getAttribute('y')));
    assert.ok(top >= edge, `${top} lies above the plot's edge at ${edge}`);
    const labels = await plot.locator('.tick text').allTextContents();
    assert.ok(Number(labels.at(-1)) > 130, labels.join());
    assert.equal(await plot.locator('.gap').count(), 1);
  });

  it('shows no context as if it were known, and takes the one that is entered', async () => {
    const facts = guessFromName('acme/Foo-13B') ?? assert.fail();
    const guessed = {
      ...deployment(catalogue, { model: 'acme/Foo-13B', gpu: 'h100_80' }),
      facts: encodeFacts(facts),
      modelProblem: null,
    };
    const { page } = await open(playEditor(catalogue, guessed), { state: { version: 1, open: ['inference/solve'] } });
    await page.getByText(/How long a request may be is not known/).waitFor();
    assert.equal(await field(page, 'seq_length').inputValue(), '');
    await verdict(page).getByText('Probably starts').waitFor();
    await verdict(page).getByText('The model is guessed from its name.').waitFor();
    await page.getByRole('row', { name: 'Smallest GPU enter the context first' }).waitFor();
    await field(page, 'seq_length').fill('8192');
    await verdict(page)
      .getByText(/requests of 8,192/)
      .waitFor();
    await page.getByText(/How long a request may be is not known/).waitFor({ state: 'detached' });
  });

  it('says first what vLLM refuses, whatever the memory', async () => {
    const message = 'vLLM has no argument max-seq-len.';
    const findings = [{ code: 'yaml-unknown', severity: 'error' as const, key: 'max-seq-len', message, fixes: [] }];
    for (const place of ['side', 'panel'] as const) {
      const { page } = await open(playEditor(catalogue, { ...qwen, findings }), { place });
      await verdict(page).getByText('vLLM would not start').waitFor();
      await verdict(page)
        .getByText(/vLLM has no argument max-seq-len\. But for that: (?:Probably s|S)tarts/)
        .waitFor();
    }
  });
});
