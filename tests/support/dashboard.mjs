// A dashboard on the live stream: a WebSocket that keeps what it was told.
import WebSocket from "ws";
import { until } from "./until.mjs";

export class Dashboard {
  /** Every message in order, as text and as what it says. */
  texts = [];
  messages = [];

  static async open(url, key, since) {
    const dashboard = new Dashboard();
    const query = since === undefined ? "" : `?since=${since}`;
    const socket = new WebSocket(`${url.replace("http", "ws")}/moecraft/stream${query}`, { headers: { authorization: `Bearer ${key}` } });
    dashboard.socket = socket;
    socket.on("message", (data) => {
      dashboard.texts.push(String(data));
      if (String(data).startsWith("{")) dashboard.messages.push(JSON.parse(data));
    });
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    socket.on("error", () => {}); // a killed runtime; the test sees what was missed
    await until("the hello", () => dashboard.hello);
    return dashboard;
  }

  get hello() {
    return this.messages.find((message) => message.type === "hello");
  }

  get updates() {
    return this.messages.filter((message) => message.type === "cost_update");
  }

  get blocks() {
    return this.messages.filter((message) => message.type === "guard_block");
  }

  /** The updates, once there are `count`. */
  async until(count) {
    await until(`${count} updates`, () => this.updates.length >= count);
    return this.updates;
  }

  close() {
    this.socket.terminate();
  }
}
