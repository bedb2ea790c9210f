// The npm package "ws" at either end, as one finds it behind a proxy and in front of one.
//
//   node ws_peer.js serve                   prints its port
//   node ws_peer.js serve-only              as the package answers by itself: 426 to a plain request
//   node ws_peer.js serve-400               as others do: 400
//   node ws_peer.js talk URL JSON           {messages, deflate, protocols, wants}: prints what happened
//
// WS_PACKAGE is the package's folder.
'use strict';
const crypto = require('crypto');
const http = require('http');
const path = require('path');
const {WebSocket, WebSocketServer} = require(path.resolve(process.env.WS_PACKAGE));

function serve() {
  const server = http.createServer((request, response) => response.end('no upgrade\n'));
  const sockets = new WebSocketServer({
    server, perMessageDeflate: true, maxPayload: 1 << 28,
    handleProtocols: (offered) => [...offered][0],
  });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, binary) => {
      const text = binary ? '' : data.toString().slice(0, 40);
      const close = /^close (\d+) (.*)$/.exec(text);
      if (close) return socket.close(Number(close[1]), close[2]);
      if (text === 'end') return socket.terminate();
      if (text !== 'ping me') return socket.send(data, {binary});
      socket.once('pong', (echoed) => socket.send('pong ' + echoed));
      socket.ping('are you there');
    });
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1', () => console.log('listens on', server.address().port));
}

function serveOnly() {
  const sockets = new WebSocketServer({host: '127.0.0.1', port: 0}, () =>
    console.log('listens on', sockets.address().port));
}

function serve400() {
  const server = http.createServer((request, response) => {
    response.writeHead(400);
    response.end('Bad Request\n');
  });
  new WebSocketServer({server});
  server.listen(0, '127.0.0.1', () => console.log('listens on', server.address().port));
}

// Sends everything at once and compares what comes back, in order.
function talk(url, {messages = 0, deflate = false, protocols = [], wants = 'bye'}) {
  const sizes = [0, 1, 125, 126, 4096, 65535, 65536, 300000];
  const result = {echoed: 0, wrong: 0, pongs: 0, texts: []};
  const socket = new WebSocket(url, protocols, {
    perMessageDeflate: deflate, rejectUnauthorized: false, maxPayload: 1 << 28,
  });
  const payload = (i) => {
    const size = sizes[i % sizes.length];
    return Buffer.concat([Buffer.from([i >> 8, i & 255]), i % 3 ? Buffer.alloc(size, i) : crypto.createHash('sha512').update(String(i)).digest()]);
  };
  socket.on('upgrade', (response) => { result.headers = response.headers; });
  socket.on('open', () => {
    result.protocol = socket.protocol;
    result.extensions = socket.extensions;
    socket.ping('here');
    for (let i = 0; i < messages; i++) {
      const bytes = payload(i);
      if (i % 5 === 4) {  // a message in three pieces
        const third = Math.floor(bytes.length / 3);
        socket.send(bytes.subarray(0, third), {binary: true, fin: false});
        socket.send(bytes.subarray(third, 2 * third), {binary: true, fin: false});
        socket.send(bytes.subarray(2 * third), {binary: true, fin: true});
      } else {
        socket.send(bytes);
      }
    }
    socket.send(wants);
  });
  socket.on('pong', () => { result.pongs++; });
  socket.on('message', (data, binary) => {
    if (binary) {
      if (!data.equals(payload(result.echoed))) result.wrong++;
      result.echoed++;
      return;
    }
    result.texts.push(data.toString());
    socket.close(1000, 'bye');
  });
  socket.on('unexpected-response', (request, response) => {
    result.status = response.statusCode;
    let body = '';
    response.on('data', (data) => { body += data; });
    response.on('end', () => console.log(JSON.stringify({...result, body})));
  });
  socket.on('error', (error) => { result.error = error.message; });
  socket.on('close', (code, reason) => {
    console.log(JSON.stringify({...result, code, reason: reason.toString()}));
  });
}

if (process.argv[2] === 'serve') {
  serve();
} else if (process.argv[2] === 'serve-only') {
  serveOnly();
} else if (process.argv[2] === 'serve-400') {
  serve400();
} else {
  talk(process.argv[3], JSON.parse(process.argv[4] || '{}'));
}
