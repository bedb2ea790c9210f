// A chat room: its page at /, its WebSocket at /chat, and one that only echoes at /echo. It knows
// nothing of the proxy in front of it.
//
//   WS_PACKAGE=the/folder/of/ws node chat.js PORT
'use strict';
const fs = require('fs');
const http = require('http');
const path = require('path');
const {WebSocketServer} = require(path.resolve(process.env.WS_PACKAGE));

const page = fs.readFileSync(path.join(__dirname, 'index.html'));

const server = http.createServer((request, response) => {
  if (request.url === '/' || request.url.startsWith('/?')) {
    response.writeHead(200, {'content-type': 'text/html; charset=utf-8'});
    response.end(page);
  } else if (request.url === '/chat' || request.url === '/echo') {
    response.writeHead(426, {'connection': 'Upgrade', 'upgrade': 'websocket'});
    response.end('This is a WebSocket.\n');
  } else {
    response.writeHead(404);
    response.end('There is no such thing.\n');
  }
});

const chat = new WebSocketServer({noServer: true});
const echo = new WebSocketServer({noServer: true});

function tellAll(text) {
  for (const client of chat.clients) client.send(text);
}

chat.on('connection', (socket) => {
  tellAll(`${chat.clients.size} here`);
  socket.on('message', (text) => tellAll(text.toString()));
  socket.on('close', () => tellAll(`${chat.clients.size} here`));
  socket.on('error', () => {});
});
echo.on('connection', (socket) => {
  socket.on('message', (data, binary) => socket.send(data, {binary}));
  socket.on('error', () => {});
});

server.on('upgrade', (request, socket, head) => {
  const room = {'/chat': chat, '/echo': echo}[request.url];
  if (!room) {
    const body = 'Nobody talks here.\n';
    socket.end(`HTTP/1.1 404 Not Found\r\nContent-Length: ${body.length}\r\n` +
               `Connection: close\r\n\r\n${body}`);
    return;
  }
  room.handleUpgrade(request, socket, head, (client) => room.emit('connection', client));
});

server.listen(Number(process.argv[2]), '127.0.0.1',
    () => console.log('listens on', server.address().port));
