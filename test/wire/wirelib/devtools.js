// Looks at a page in a running Chromium and evaluates expressions in it, over its DevTools protocol.
//
//   node devtools.js DEVTOOLS_URL new|open PAGE_URL EXPRESSION..
//
// Prints a JSON list of what they came to. "open": in the page of that URL which is open already.
// Each expression is awaited, and repeated until it is not null or false. WS_PACKAGE: the folder of
// the npm package "ws".
'use strict';
const path = require('path');
const {WebSocket} = require(path.resolve(process.env.WS_PACKAGE));

const [, , devtools, which, url, ...expressions] = process.argv;
const socket = new WebSocket(devtools, {maxPayload: 1 << 26});
const waiting = new Map();
let next = 1;

function call(method, params = {}, sessionId = undefined) {
  return new Promise((resolve, reject) => {
    waiting.set(next, {resolve, reject, method});
    socket.send(JSON.stringify({id: next++, method, params, sessionId}));
  });
}

socket.on('message', (text) => {
  const message = JSON.parse(text);
  const {resolve, reject, method} = waiting.get(message.id) || {};
  if (!resolve) return;
  waiting.delete(message.id);
  message.error ? reject(new Error(`${method}: ${message.error.message}`)) :
                  resolve(message.result);
});

async function evaluate(session, expression) {
  for (;;) {
    const {result, exceptionDetails} = await call('Runtime.evaluate', {
      expression, awaitPromise: true, returnByValue: true,
    }, session);
    if (!exceptionDetails && result.value !== undefined && result.value !== null &&
        result.value !== false) {
      return result.value;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

socket.on('open', async () => {
  const {targetInfos} = await call('Target.getTargets');
  const {targetId} = which === 'new' ? await call('Target.createTarget', {url}) :
      targetInfos.find((target) => target.url === url);
  const {sessionId} = await call('Target.attachToTarget', {targetId, flatten: true});
  const values = [];
  for (const expression of expressions) values.push(await evaluate(sessionId, expression));
  console.log(JSON.stringify(values));
  process.exit(0);
});
