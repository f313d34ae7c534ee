// The Worker with an object whose calls fail a set number of times, as after a reset of the object
// or a broken connection to it. All else is the Worker as it is deployed.
import worker, { MOECraftOrchestrator as Sound } from "./worker.js";

export default worker;

export class MOECraftOrchestrator extends Sound {
  #faults;

  constructor(ctx, env) {
    super(ctx, env);
    this.#faults = JSON.parse(env.TEST_FAULTS);
  }

  async admit(...message) {
    this.#fail("admit");
    return super.admit(...message);
  }

  async settle(...messages) {
    this.#fail("settle");
    return super.settle(...messages);
  }

  #fail(call) {
    if (this.#faults[call]-- > 0) throw new Error(`an injected fault of ${call}`);
  }
}
