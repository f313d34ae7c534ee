// The Worker with an object whose calls fail a set number of times, as after a reset of the object
// or a broken connection to it, and with a way for tests to its database. All else is the Worker as it
// is deployed.
import worker, { MOECraftOrchestrator as Sound } from "./worker.js";

export default worker;

export class MOECraftOrchestrator extends Sound {
  #faults;
  /** Called when the alarm has closed every reservation; `closed` waits for that. */
  #close;
  #closed = new Promise((resolve) => (this.#close = resolve));

  constructor(ctx, env) {
    super(ctx, env);
    this.#faults = JSON.parse(env.TEST_FAULTS);
  }

  /** Runs one statement on the object's own database, where the request is for that. */
  async fetch(request) {
    if (new URL(request.url).pathname !== "/test/sql") return super.fetch(request);
    try {
      return Response.json(this.ctx.storage.sql.exec(await request.text()).toArray());
    } catch (error) {
      return new Response(error.message, { status: 500 });
    }
  }

  async admit(...message) {
    this.#fail("admit");
    return super.admit(...message);
  }

  async settle(...messages) {
    this.#fail("settle");
    if (this.#faults.late) await this.#closed;
    return super.settle(...messages);
  }

  async alarm() {
    await super.alarm();
    if (this.ctx.storage.sql.exec("SELECT 1 FROM reservations").toArray().length === 0) this.#close();
  }

  #fail(call) {
    if (this.#faults[call]-- > 0) throw new Error(`an injected fault of ${call}`);
  }
}
