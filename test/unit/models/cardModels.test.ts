import assert from 'node:assert/strict';
import { CARD_MODELS } from '../../../scripts/catalogue/cardConfigs';
import { RECORDED_MODELS } from '../../../scripts/catalogue/recordedConfigs';
import { parameterCount } from '../../../src/estimator/parameters';
import type { JsonObject } from '../../../src/models/config/fields';
import { architectureFromConfig } from '../../../src/models/hfConfig';
import { catalogue } from './support';

/** Cards round: "124B" may be half a percent off, as may "8.1B". */
const ROUNDING = 0.006;
/** What a record may differ from the total on the card. */
const RECORD_ROUNDING = 0.005;

function counted(id: string | undefined, config: JsonObject): number {
  const answer = architectureFromConfig(config);
  assert.ok('architecture' in answer, id);
  return parameterCount(answer.architecture);
}

describe('models by the sizes on their cards', () => {
  it('have as many parameters as their cards say', () => {
    for (const { ids, billions, config } of CARD_MODELS) {
      const count = counted(ids[0], config) / 1e9;
      assert.ok(Math.abs(count / billions - 1) <= ROUNDING, `${ids[0] ?? ''}: ${count} billion, ${billions} on the card`);
    }
  });

  it('are in the catalogue, in the format they are published in', () => {
    for (const { ids, config } of CARD_MODELS)
      for (const id of ids) {
        const facts = catalogue.find(id);
        assert.equal(facts?.confidence, 'derived', id);
        assert.ok(
          facts.assumptions.some((said) => said.startsWith('sizes as its card')),
          id,
        );
        assert.equal(facts.model.quantization?.method, config['quantization_config'] ? 'fp8' : undefined, id);
      }
    assert.equal(
      catalogue.findByName('casperhansen/mixtral-instruct-awq')?.parameters,
      catalogue.find('mistralai/Mixtral-8x7B-v0.1')?.parameters,
    );
  });
});

describe('models by a public record of their sizes', () => {
  it('have as many parameters as are published', () => {
    for (const { ids, published, config } of RECORDED_MODELS) {
      const count = counted(ids[0], config);
      if ('parameters' in published) assert.equal(count, published.parameters, ids[0]);
      else {
        const off = count / 1e9 / published.billions - 1;
        assert.ok(Math.abs(off) <= RECORD_ROUNDING, `${ids[0] ?? ''}: ${count}, ${published.billions} billion on the card`);
      }
    }
  });

  it('are in the catalogue with that record, which is theirs or said not to be', () => {
    for (const { ids, seen, own, config } of RECORDED_MODELS)
      for (const id of ids) {
        const facts = catalogue.find(id);
        assert.equal(facts?.origin, seen, id);
        assert.equal(facts.confidence, own ? 'exact' : 'derived', `${id}: ${facts.assumptions.join('; ')}`);
        assert.equal(
          facts.assumptions.includes('sizes by the public record that is its source: its own config.json was not read'),
          !own,
          id,
        );
        assert.equal(facts.model.quantization !== null, config['quantization_config'] !== undefined, id);
      }
  });

  it('are no cards any more', () => {
    const cards = new Set(CARD_MODELS.flatMap(({ ids }) => ids));
    assert.deepEqual(
      RECORDED_MODELS.flatMap(({ ids }) => ids).filter((id) => cards.has(id)),
      [],
    );
  });
});
