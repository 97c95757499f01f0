// Runs one scenario: `node run.mjs NAME`, with its configuration as JSON in CONFORMANCE. Speaks to the test that started
// it in lines of JSON: it asks what a person has to do, and says at last what it got.
import { createInterface } from "node:readline";
import * as openid from "./openid.mjs";
import * as simple from "./simple.mjs";

const scenarios = { ...openid.scenarios, ...simple.scenarios };
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function ask(question) {
  process.stdout.write(`${JSON.stringify({ ask: question })}\n`);
  const { value, done } = await lines.next();
  if (done) throw new Error("nobody answers");
  return JSON.parse(value);
}

/** Goes to `url` as a browser would, signs in and allows: the address that the browser is sent back to. */
const browser = async (url, how = {}) => new URL((await ask({ browser: String(url), ...how })).location);
/** Enters a device's code. */
const enter = (userCode) => ask({ user_code: userCode });

const name = process.argv[2];
const found = await scenarios[name](JSON.parse(process.env.CONFORMANCE), { browser, enter });
process.stdout.write(`${JSON.stringify({ done: found ?? {} })}\n`);
process.exit(0);
