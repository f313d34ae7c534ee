// The work that every library is given: the same for all, so that what differs is the client.
import { sha256 } from "../../support/provider/turn.mjs";
import { script } from "../../support/provider/script.mjs";

export const ANSWER = "Oslo 7 °C and Rome 19 °C, that is 44.6 °F and 66.2 °F.";

/** Two tools at once, then a third with what they said, then the answer; with a thought before each. */
export const TASK = `How warm is it in Oslo and Rome? ${script(
  { think: "Two cities: I ask for both.", calls: [["weather", { city: "Oslo" }], ["weather", { city: "Rome" }]] },
  { think: "Now to °F.", calls: [["fahrenheit", { celsius: [7, 19] }]] },
  { say: ANSWER },
)}`;

/** The tools: what each takes, as a JSON schema, and what it does. */
export const TOOLS = {
  weather: {
    description: "The temperature in a city",
    schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false },
    run: ({ city }) => `${city}: ${{ Oslo: 7, Rome: 19 }[city]} °C`,
  },
  fahrenheit: {
    description: "Celsius to Fahrenheit",
    schema: { type: "object", properties: { celsius: { type: "array", items: { type: "number" } } }, required: ["celsius"], additionalProperties: false },
    run: ({ celsius }) => celsius.map((degrees) => degrees * 1.8 + 32).join(", "),
  },
};

/** Every call that the task takes, in order. */
export const CALLS = [["weather", { city: "Oslo" }], ["weather", { city: "Rome" }], ["fahrenheit", { celsius: [7, 19] }]];

/** Turns after which nothing but an endless loop can be the matter. */
export const MOST_TURNS = 6;

export const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
export const IMAGE_SEEN = `images: ${sha256(Buffer.from(PNG, "base64"))}`;
