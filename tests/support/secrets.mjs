// Values that the guard protects, made at run time: none that looks real is stored here.
import { randomInt } from "node:crypto";

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** A fresh access key id of the form that AWS gives. */
export const accessKey = () => "AKIA" + Array.from({ length: 16 }, () => BASE32[randomInt(32)]).join("");

/** A piece of somebody's source code, with names of its own. */
export function sourceCode() {
  const name = `Ledger${randomInt(1e9)}`;
  const code = [
    `public class ${name} {`,
    "  private final Map<String, Long> balances = new HashMap<>();",
    "",
    "  public long settle(String account, long amount) {",
    "    if (amount < 0) { throw new IllegalArgumentException(\"amount\"); }",
    "    long balance = balances.getOrDefault(account, 0L) + amount;",
    "    balances.put(account, balance);",
    "    return balance;",
    "  }",
    "}",
  ].join("\n");
  return { name, code };
}
