import * as assert from 'node:assert/strict';
import { catalogue, planner } from './plannerPage';
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
});
