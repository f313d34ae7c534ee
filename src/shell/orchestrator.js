// The Durable Object's class as the runtime sees it, around the Rust one (durable/src/orchestrator.rs).
//
// It adds what the Rust frame cannot do: methods that the Worker calls directly, and group commit.
// Messages that arrive together share one transaction, and with it one write to disk; the runtime
// holds each answer back until that write is done.
import { DurableObject } from "cloudflare:workers";
import * as core from "../index.js";
import { Batches } from "./batches.js";
import { epoch, guarded, revive } from "./instance.js";

/** The internal paths of batches, any of which may bring work. */
const BATCHES = /^https:\/\/orchestrator\/(?:openai|anthropic)\/batches/;

/** The most callers that share one transaction. */
const MAX_BATCH = 64;

export class MOECraftOrchestrator extends DurableObject {
  #inner;
  #epoch = -1;
  #waiting = null;
  /** By request, what ends its wait for an equal one. */
  #parked = new Map();
  #alarm = 0;
  #batches;

  constructor(ctx, env) {
    super(ctx, env);
    revive();
    this.#batches = new Batches({
      env,
      core: () => this.#open(),
      transact: (work) => this.#transact(work),
      settle: (work) => this.#settleNow(work),
      keep: (promise) => ctx.waitUntil(promise),
    });
    this.#open();
    // No alarm is set here: the one on disk stands, and setting it anew would cancel it if it is
    // just being delivered.
  }

  #open() {
    if (this.#epoch !== epoch()) {
      this.#inner = new core.MOECraftOrchestrator(this.ctx, this.env);
      this.#epoch = epoch();
    }
    return this.#inner;
  }

  /** Runs `work(inner, now)` as one transaction, and `then(inner)` once that is certain. `due(inner, now)`: when
   * the first of what it wrote may fall due. */
  #transact(work, then, due = (inner, now) => now + inner.shortest_period_ms()) {
    const [inner, now] = [this.#open(), Date.now()];
    const result = this.ctx.storage.transactionSync(() => work(inner, now));
    then?.(inner);
    this.#arm(now, due(inner, now));
    return result;
  }

  /** The same for work that admits or settles, of which others have to hear. */
  #settleNow(work, due) {
    const tell = (inner) => {
      inner.publish();
      for (const id of inner.released()) this.#parked.get(id)?.();
    };
    return this.#transact(work, tell, due);
  }

  /** Answers one admission, as JSON. */
  async admit(message) {
    return (await this.#commit([message]))[0];
  }

  /** Answers a request that waits for an equal one as soon as there is something to say. */
  async follow(id, message) {
    for (;;) {
      const [verdict] = await this.#commit([message]);
      const patience = this.#open().patience_ms(id, Date.now());
      if (!patience) return verdict;
      let timer;
      await new Promise((resolve) => {
        this.#parked.set(id, resolve);
        timer = setTimeout(resolve, patience);
      });
      clearTimeout(timer);
      this.#parked.delete(id);
    }
  }

  /** Whether others wait for the answer of a request whose client has left. */
  isAwaited(id) {
    return this.#open().is_awaited(id);
  }

  /** Records settlements; answers each as JSON. */
  settle(messages) {
    return this.#commit(messages);
  }

  #commit(messages) {
    return new Promise((resolve, reject) => {
      const waiter = { messages, resolve, reject };
      // A full batch goes as it is: one statement takes it all, and a statement has its limits.
      if (this.#waiting?.length < MAX_BATCH) return void this.#waiting.push(waiter);
      this.#waiting = [waiter];
      // No window: what is queued by the time the timer fires goes together. Waiting longer was
      // measured to cost latency at low load and to save nothing at high load.
      const batch = this.#waiting;
      setTimeout(() => this.#flush(batch), 0);
    });
  }

  #flush(batch) {
    if (this.#waiting === batch) this.#waiting = null;
    guarded(async () => {
      const messages = batch.flatMap((waiter) => waiter.messages);
      const answers = this.#settleNow(
        (inner, now) => inner.commit(messages, now),
        (inner) => inner.falls_due(),
      );
      let from = 0;
      for (const { messages, resolve } of batch) resolve(answers.slice(from, (from += messages.length)));
    }).catch((error) => batch.forEach((waiter) => waiter.reject(error)));
  }

  /** Sets the alarm if something is due before the one that is set. Nothing new falls due before `soonest`: an
   * alarm until then is early enough, and what else is due need not be looked up. */
  #arm(now, soonest = 0) {
    if (this.#alarm > now && this.#alarm <= soonest) return;
    const due = Math.min(this.#inner.next_alarm(now) || Infinity, this.#batches.due(now));
    if (due === Infinity || (this.#alarm > now && this.#alarm <= due)) return;
    this.#alarm = Math.max(due, now + 1);
    this.ctx.storage.setAlarm(this.#alarm);
  }

  async alarm() {
    await guarded(async () => {
      const now = Date.now();
      const inner = this.#open();
      this.ctx.storage.transactionSync(() => inner.sweep(now));
      inner.publish();
      this.#batches.go();
      try {
        await inner.alarm();
      } finally {
        this.#alarm = 0;
        this.#arm(Date.now());
      }
    });
  }

  fetch(request) {
    return guarded(async () => {
      const response = await this.#open().fetch(request);
      if (BATCHES.test(request.url)) this.#batches.go();
      return response;
    });
  }

  webSocketMessage(...event) {
    return guarded(() => this.#open().webSocketMessage(...event));
  }

  webSocketClose(...event) {
    return guarded(() => this.#open().webSocketClose(...event));
  }

  webSocketError(...event) {
    return guarded(() => this.#open().webSocketError(...event));
  }
}
