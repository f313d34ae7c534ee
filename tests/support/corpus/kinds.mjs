// What the guard protects, by kind: each makes a value of nobody's and the text that it stands in.
// The prefixes of tokens are written in pieces, so that no file here holds what looks like one.
import { crc32 } from "node:zlib";
import { ALNUM, BASE32, DIGITS, HEX, LOWER, UPPER, URL_SAFE } from "./random.mjs";

const base64 = (text) => Buffer.from(text).toString("base64");
const base64url = (text) => Buffer.from(text).toString("base64url");
const word = (chance) => chance.of("bdfgklmnprstv", 1) + chance.of("aeiou", 1) + chance.of("bdfgklmnprstv", 1) + chance.of("aeiou", 1) + chance.of("lmnrst", 1);
const password = (chance) => `${word(chance).replace(/^./, (one) => one.toUpperCase())}${word(chance)}${chance.of("23456789", 4)}!`;
const person = (chance) => ({ first: word(chance).replace(/^./, (one) => one.toUpperCase()), last: word(chance).replace(/^./, (one) => one.toUpperCase()) });

/** The check sum that GitHub and npm end their tokens with: CRC-32 in base 62, six digits. */
function checked(prefix, entropy) {
  let [sum, tail] = [crc32(entropy), ""];
  for (let i = 0; i < 6; i++) [sum, tail] = [Math.floor(sum / 62), ALNUM[sum % 62] + tail];
  return prefix + entropy + tail;
}

/** A number with the last digit that Luhn's rule gives it. */
function luhn(digits) {
  const sum = [...digits].reverse().reduce((total, digit, at) => {
    const twice = at % 2 === 0 ? digit * 2 : Number(digit);
    return total + (twice > 9 ? twice - 9 : twice);
  }, 0);
  return digits + ((10 - (sum % 10)) % 10);
}

function iban(country, account) {
  const number = [...`${account}${country}00`].map((one) => parseInt(one, 36)).join("");
  return country + String(98n - (BigInt(number) % 97n)).padStart(2, "0") + account;
}

function jwt(chance) {
  const [head, claims] = [{ alg: "HS256", typ: "JWT" }, { sub: chance.of(DIGITS, 10), iat: 1_760_000_000 + chance.below(1e6) }].map((part) => base64url(JSON.stringify(part)));
  return `${head}.${claims}.${chance.of(URL_SAFE, 43)}`;
}

function keyBlock(chance, label) {
  const lines = Array.from({ length: 6 }, () => chance.of(`${ALNUM}+/`, 64));
  const value = lines.join("\n");
  return { text: `-----BEGIN ${label} KEY-----\n${value}\n-----END ${label} KEY-----`, value };
}

/** A kind of which a text is the value in a sentence or a line of its own. */
const token = (make, write = (value) => `My token is ${value}`) => (chance) => {
  const value = make(chance);
  return { value, text: write(value) };
};
const url = (scheme, rest) =>
  token(
    (chance) => password(chance).replace("!", ""),
    (value) => `${scheme}://svc_billing:${value}@${rest}`,
  );
const set = (name, make) => token(make, (value) => `${name}=${value}`);

/** By name: (chance) => { value, text }. `value` is what nobody untrusted may read. */
export const KINDS = {
  aws_access_key: token((chance) => `AK${"IA"}${chance.of(BASE32, 16)}`),
  aws_secret_key: set("AWS_SECRET_ACCESS_KEY", (chance) => chance.of(`${ALNUM}/+`, 40)),
  github_classic: token((chance) => checked(`gh${"p"}_`, chance.of(ALNUM, 30))),
  github_fine: token((chance) => `github_${"pat"}_${chance.of(ALNUM, 22)}_${chance.of(ALNUM, 59)}`),
  gitlab: token((chance) => `gl${"pat"}-${chance.of(URL_SAFE, 20)}`),
  npm: token((chance) => checked(`npm${"_"}`, chance.of(ALNUM, 30))),
  pypi: token((chance) => `py${"pi"}-AgEIcHlwaS5vcmc${chance.of(URL_SAFE, 120)}`),
  slack_bot: token((chance) => `xo${"xb"}-${chance.of(DIGITS, 12)}-${chance.of(DIGITS, 12)}-${chance.of(ALNUM, 24)}`),
  slack_webhook: token(
    (chance) => `https://hooks.${"slack"}.com/services/T${chance.of(BASE32, 8)}/B${chance.of(BASE32, 10)}/${chance.of(ALNUM, 24)}`,
    (value) => `curl -d '{}' ${value}`,
  ),
  stripe: token((chance) => `sk_${"live"}_${chance.of(ALNUM, 24)}`),
  openai: token((chance) => `sk-${"proj"}-${chance.of(ALNUM, 74)}T3Blbk${"FJ"}${chance.of(ALNUM, 74)}`),
  anthropic: token((chance) => `sk-${"ant"}-api03-${chance.of(URL_SAFE, 93)}AA`),
  google_api: token((chance) => `AI${"za"}${chance.of(URL_SAFE, 35)}`),
  sendgrid: token((chance) => `S${"G"}.${chance.of(URL_SAFE, 22)}.${chance.of(URL_SAFE, 43)}`),
  telegram: token((chance) => `${chance.of("123456789", 10)}:AA${chance.of(URL_SAFE, 33)}`, (value) => `TELEGRAM_BOT_TOKEN=${value}`),
  hugging_face: token((chance) => `h${"f"}_${chance.of(ALNUM, 34)}`),
  digitalocean: token((chance) => `do${"p"}_v1_${chance.of(HEX, 64)}`),
  vault: token((chance) => `hv${"s"}.${chance.of(URL_SAFE, 92)}`),
  jwt: token(jwt, (value) => `session: ${value}`),
  rsa_key: (chance) => keyBlock(chance, `RSA ${"PRIVATE"}`),
  openssh_key: (chance) => keyBlock(chance, `OPENSSH ${"PRIVATE"}`),
  password: set("DB_PASSWORD", password),
  secret_yaml: token((chance) => chance.of(ALNUM, 28), (value) => `client_secret: "${value}"`),
  api_key_json: token((chance) => chance.of(ALNUM, 32), (value) => `{"api_key": "${value}"}`),
  bearer: token((chance) => chance.of(URL_SAFE, 40), (value) => `Authorization: Bearer ${value}`),
  basic: token((chance) => base64(`admin:${password(chance)}`), (value) => `Authorization: Basic ${value}`),
  cookie: token((chance) => chance.of(HEX, 40), (value) => `Cookie: sessionid=${value}; theme=dark`),
  kubeconfig: token((chance) => chance.of(URL_SAFE, 48), (value) => `users:\n- name: admin\n  user:\n    token: ${value}`),
  docker_auth: token((chance) => base64(`deploy:${password(chance)}`), (value) => `{"auths": {"registry.acme.io": {"auth": "${value}"}}}`),
  postgres: url("postgres", "db7.acme.io:5432/ledger"),
  mongodb: url("mongodb+srv", "cluster0.k3x9a.mongodb.net/app"),
  redis: url("redis", "cache.acme.io:6379/0"),
  azure_storage: token(
    (chance) => base64(chance.of(ALNUM, 64)),
    (value) => `DefaultEndpointsProtocol=https;AccountName=acmeprod;AccountKey=${value};EndpointSuffix=core.windows.net`,
  ),
  card: token((chance) => luhn(`4539${chance.of(DIGITS, 11)}`), (value) => `Charge the card ${value}, please.`),
  iban: token((chance) => iban("DE", chance.of("123456789", 18)), (value) => `Transfer it to the IBAN ${value}.`),
  ssn: token((chance) => `${chance.pick("2345")}${chance.of("123456789", 2)}-${chance.of("123456789", 2)}-${chance.of("123456789", 4)}`, (value) => `Her social security number (SSN) is ${value}.`),
  email: token((chance) => {
    const { first, last } = person(chance);
    return `${first}.${last}@${word(chance)}${word(chance)}.de`.toLowerCase();
  }, (value) => `Write to the customer at ${value} about the refund.`),
  phone: token((chance) => `+49 151 ${chance.of("123456789", 4)} ${chance.of("123456789", 4)}`, (value) => `Call the customer, phone number: ${value}`),
  private_host: token((chance) => `10.${chance.below(200) + 20}.${chance.below(200) + 20}.${chance.below(200) + 20}`, (value) => `http://${value}:8080/admin is our server.`),
  internal_host: token((chance) => `${word(chance)}-${word(chance)}`, (value) => `The API runs at https://${value}.corp.internal/v2`),
};
