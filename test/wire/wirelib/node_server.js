// A Node.js server as one finds it behind a proxy. Prints the port it was given.
'use strict';
const http = require('http');
const crypto = require('crypto');

const server = http.createServer((request, response) => {
  if (request.method === 'POST') {
    const hash = crypto.createHash('sha256');
    let length = 0;
    request.on('data', (chunk) => { hash.update(chunk); length += chunk.length; });
    request.on('end', () => {
      const body = JSON.stringify({length, sha256: hash.digest('hex'), trailers: request.trailers});
      response.setHeader('content-type', 'application/json');
      response.end(body);
    });
    return;
  }
  if (request.url === '/chunks') {
    response.write('one ');
    setImmediate(() => { response.write('two '); response.end('three'); });
    return;
  }
  if (request.url === '/trailers') {
    response.writeHead(200, {'trailer': 'x-sum'});
    response.write('body');
    response.addTrailers({'x-sum': '4'});
    response.end();
    return;
  }
  if (request.url === '/early-hints') {
    response.writeEarlyHints({'link': '</style.css>; rel=preload; as=style'});
    response.end('hinted');
    return;
  }
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({method: request.method, url: request.url, headers: request.headers}));
});
server.listen(0, '127.0.0.1', () => console.log('listens on', server.address().port));
