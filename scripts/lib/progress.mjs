// One line when a step starts, one every few seconds while it lasts, one when it is done.
const HEARTBEAT_MS = 5_000;
const WIDEST = 90;

export class Progress {
  #total;
  #next = 0;

  constructor(total) {
    this.#total = total;
  }

  /**
   * One step. `work` gets a function that takes lines of output: the newest is shown while the step
   * lasts. It answers what the done-line says, "up to date" for a step that had nothing to do.
   */
  async step(title, work) {
    const label = `[${++this.#next}/${this.#total}] ${title}`;
    const started = Date.now();
    const seconds = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
    let newest = "";
    const heartbeat = setInterval(
      () => console.log(`${label} … ${seconds()}${newest && `: ${newest}`}`.slice(0, WIDEST)),
      HEARTBEAT_MS,
    );
    try {
      const result = await work((line) => (newest = line));
      console.log(`${label}: ${result} (${seconds()})`);
    } catch (error) {
      console.log(`${label}: failed (${seconds()})`);
      throw error;
    } finally {
      clearInterval(heartbeat);
    }
  }
}
