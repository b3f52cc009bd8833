import assert from 'node:assert/strict';
import { CARD_MODELS } from '../../../scripts/catalogue/cardConfigs';
import { parameterCount } from '../../../src/estimator/parameters';
import { architectureFromConfig } from '../../../src/models/hfConfig';
import { catalogue } from './support';

/** Cards round: "124B" may be half a percent off, as may "8.1B". */
const ROUNDING = 0.006;

describe('models by the sizes on their cards', () => {
  it('have as many parameters as their cards say', () => {
    for (const { ids, billions, config } of CARD_MODELS) {
      const answer = architectureFromConfig(config);
      assert.ok('architecture' in answer, ids[0]);
      const counted = parameterCount(answer.architecture) / 1e9;
      assert.ok(Math.abs(counted / billions - 1) <= ROUNDING, `${ids[0] ?? ''}: ${counted} billion, ${billions} on the card`);
    }
  });

  it('are in the catalogue, in the format they are published in', () => {
    for (const { ids, config } of CARD_MODELS)
      for (const id of ids) {
        const facts = catalogue.find(id);
        assert.equal(facts?.confidence, 'derived', id);
        assert.equal(facts.model.quantization?.method, config['quantization_config'] ? 'fp8' : undefined, id);
      }
    assert.equal(
      catalogue.findByName('casperhansen/mixtral-instruct-awq')?.parameters,
      catalogue.find('mistralai/Mixtral-8x7B-v0.1')?.parameters,
    );
  });
});
